import { configDefaults, defineConfig } from "vitest/config";

// What needs a browser runs in one: vitest.browser.config.ts.
export default defineConfig({ test: { exclude: [...configDefaults.exclude, "tests/browser/**"] } });
