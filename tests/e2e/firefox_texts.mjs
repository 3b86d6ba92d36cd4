// Somebody with Firefox in a room, who writes what comes on stdin and says on stdout what is told: by the SDK alone.
import { createInterface } from "node:readline";
import { inFirefox } from "./firefox_page.mjs";

const [url, token, room] = process.argv.slice(2);

await inFirefox(url, async (page) => {
  await page.exposeFunction("say", (line) => console.log(line));
  await page.goto(`${url}/health/live`);
  await page.evaluate(
    async (token, room) => {
      const { createRingbackRtc } = await import("/sdk/ringback-rtc.mjs");
      const rtc = createRingbackRtc(token);
      await rtc.connect();
      const call = rtc.joinRoom(room, { dataChannel: true });
      window.channel = call.dataChannel();
      call.on("room-joined", () => say("joined"));
      channel.on("text-received", ({ text, from }) => say(`${from.identifier}: ${text}`));
      channel.on("text-delivered", ({ delivered }) => say(delivered ? "delivered" : "not delivered"));
    },
    token,
    room,
  );
  for await (const line of createInterface({ input: process.stdin })) {
    await page.evaluate((text) => channel.send(text), line);
  }
});
