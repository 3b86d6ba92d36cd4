// A page of Firefox that asks nobody but the server. Firefox is driven by puppeteer-core, because Playwright needs a
// patched build of its own.
import puppeteer from "puppeteer-core";

const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath: "/usr/bin/firefox-esr",
  headless: true,
  extraPrefsFirefox: {
    "devtools.jsonview.enabled": false,
    "media.navigator.streams.fake": true,
    "media.navigator.permission.disabled": true,
    "media.autoplay.default": 0,
  },
});

/** Does this with a page that may ask nobody but the server at `url`; then the browser ends. */
export async function inFirefox(url, work) {
  try {
    const page = await browser.newPage();
    page.on("request", (request) => {
      const { origin, protocol } = new URL(request.url());
      if (protocol.startsWith("http") && origin !== url) throw new Error(`The page asks ${request.url()}`);
    });
    await work(page);
  } finally {
    await browser.close();
  }
}
