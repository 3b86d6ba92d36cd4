// Somebody with Firefox in a room, who only listens and says on stdout what is told of the lines: by the SDK alone.
import { inFirefox } from "./firefox_page.mjs";

const TOLD = [
  "room-joined",
  "reconnecting",
  "reconnected",
  "participant-disconnected",
  "participant-reconnected",
  "room-left",
];
const [url, token, room] = process.argv.slice(2);

await inFirefox(url, async (page) => {
  await page.exposeFunction("say", (line) => console.log(line));
  await page.goto(`${url}/health/live`);
  await page.evaluate(
    async (token, room, told) => {
      const { createRingbackRtc } = await import("/sdk/ringback-rtc.mjs");
      const rtc = createRingbackRtc(token);
      await rtc.connect();
      const call = rtc.joinRoom(room, { audio: false });
      for (const event of told) call.on(event, () => say(event));
    },
    token,
    room,
    TOLD,
  );
  for await (const _ of process.stdin);
});
