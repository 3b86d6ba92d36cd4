import { defineConfig } from "vite";

export default defineConfig({
  base: "/app/reference/",
  build: {
    outDir: "../../src/ringback/static/app/reference", // the control plane serves it from there, and at /docs
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false }, // every browser with the WebRTC we need has it
  },
});
