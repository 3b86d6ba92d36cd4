// Somebody with Firefox in a room of the showcase. Firefox is driven by puppeteer-core, because Playwright needs a
// patched build of its own. Said line by line on stdout: "joined", "sees", "hears"; it leaves when stdin ends.
import { readFileSync } from "node:fs";
import puppeteer from "puppeteer-core";

const PATIENCE = 20_000; // milliseconds; Firefox starts slowly on a busy machine
const POLL = 120; // milliseconds, as in people.py
const AUDIBLE = 0.001; // energy (full scale squared, times seconds) of a fraction of a second of the tone; silence has none

const [url, name, room, other, colour] = process.argv.slice(2);

const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath: "/usr/bin/firefox-esr",
  headless: true,
  extraPrefsFirefox: {
    "media.navigator.streams.fake": true,
    "media.navigator.permission.disabled": true,
    "media.autoplay.default": 0,
  },
});
try {
  const page = await browser.newPage();
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol.startsWith("http") && origin !== url) throw new Error(`The page asks ${request.url()}`);
  });
  await page.evaluateOnNewDocument(readFileSync(new URL("recognition.js", import.meta.url), "utf8"));
  await page.goto(`${url}/app/showcase/?name=${name}&room=${encodeURIComponent(room)}`);
  for (const label of ["Continue", "Join"]) {
    await page.locator(`::-p-aria([name="${label}"][role="button"])`).setTimeout(PATIENCE).click();
  }
  await page.waitForSelector("[role=timer]", { timeout: PATIENCE });
  console.log("joined");

  const options = { polling: POLL, timeout: PATIENCE };
  const tile = `figure[data-kind=remote][aria-label="${other}"] video`;
  await page.waitForFunction(
    (tile, colour) => recognition.shows(1, document.querySelector(tile), colour),
    options,
    tile,
    JSON.parse(colour),
  );
  console.log("sees");
  // Without a sound card no AudioContext of Firefox runs, so the tone cannot be found: only that there is sound.
  await page.waitForFunction(
    async (least) => {
      const reports = (await recognition.report()).flatMap(({ statistics }) => statistics);
      return reports.some(
        ({ type, kind, totalAudioEnergy }) => type === "inbound-rtp" && kind === "audio" && totalAudioEnergy > least,
      );
    },
    options,
    AUDIBLE,
  );
  console.log("hears");
  for await (const _ of process.stdin);
} finally {
  await browser.close();
}
