import { defineConfig, type UserConfig } from "tsdown";

const everywhere: UserConfig = { platform: "browser", target: "es2022", sourcemap: true };
const forPages: UserConfig = { ...everywhere, minify: true, dts: false, clean: false };

export default defineConfig([
  // For bundlers: the entries share their code.
  {
    ...everywhere,
    entry: { index: "src/index.ts", infobip: "src/infobip.ts", testing: "src/testing/index.ts" },
    dts: { eager: true }, // the fakes show types of @ringback/protocol, which the lazy way does not find
  },
  // For pages without one: a module in one file, and a script whose names are globals.
  { ...forPages, entry: { "ringback-rtc": "src/index.ts" }, outputOptions: { entryFileNames: "[name].mjs" } },
  {
    ...forPages,
    entry: { "ringback-rtc": "src/global.ts" },
    format: "iife",
    outputOptions: { entryFileNames: "[name].global.js" },
  },
]);
