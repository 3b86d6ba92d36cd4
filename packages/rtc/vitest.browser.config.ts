import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";

// Debian's Chromium, as in tests/e2e/browsers.py: nothing is ever downloaded. Pages make no sound before a click.
const chromium = playwright({
  launchOptions: {
    executablePath: "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--use-fake-device-for-media-stream=device-count=2",
      "--use-fake-ui-for-media-stream",
      "--autoplay-policy=user-gesture-required",
    ],
  },
});

export default defineConfig({
  test: {
    include: ["tests/browser/**/*.test.ts"],
    expect: { poll: { timeout: 10_000 } },
    browser: {
      enabled: true,
      provider: chromium,
      headless: true,
      screenshotFailures: false,
      instances: [{ browser: "chromium" }],
    },
  },
});
