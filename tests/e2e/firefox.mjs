// Somebody with Firefox in a room of the showcase. Said line by line on stdout: "joined", "sees", "hears"; it leaves when
// stdin ends.
import { readFileSync } from "node:fs";
import { inFirefox } from "./firefox_page.mjs";

const PATIENCE = 20_000; // milliseconds; Firefox starts slowly on a busy machine
const POLL = 120; // milliseconds, as in people.py
const AUDIBLE = 0.001; // energy (full scale squared, times seconds) of a fraction of a second of the tone; silence has none

const [url, name, room, other, colour] = process.argv.slice(2);

await inFirefox(url, async (page) => {
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
});
