import { defineConfig } from "vite";

export default defineConfig({
  base: "/app/connection-test/",
  build: {
    outDir: "../../src/ringback/static/app/connection-test", // the control plane serves it from there
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false }, // every browser with the WebRTC we need has it
  },
});
