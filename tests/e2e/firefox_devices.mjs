// Somebody with Firefox who tries devices and media control in a room where somebody else shows a picture, by the SDK alone;
// says what came of it, line by line.
import { inFirefox } from "./firefox_page.mjs";

const POLL = 120; // milliseconds, as in people.py
const PATIENCE = 20_000; // milliseconds; Firefox starts slowly on a busy machine

const [url, token, room] = process.argv.slice(2);

await inFirefox(url, async (page) => {
  const until = (what, ...given) => page.waitForFunction(what, { polling: POLL, timeout: PATIENCE }, ...given);
  await page.goto(`${url}/health/live`);
  const devices = await page.evaluate(
    async (token, room) => {
      const { createRingbackRtc, RTCMediaDevice } = await import("/sdk/ringback-rtc.mjs");
      for (const opening of [RTCMediaDevice.getAudioMediaStream(null), RTCMediaDevice.getVideoMediaStream(null)]) {
        RTCMediaDevice.closeMediaStream(await opening);
      }
      const kinds = [RTCMediaDevice.getAudioInputDevices(), RTCMediaDevice.getVideoInputDevices()];
      const listed = (await Promise.all(kinds)).map((devices) => devices.filter(({ label }) => label !== "").length);

      window.connections = [];
      const Connection = RTCPeerConnection;
      window.RTCPeerConnection = class extends Connection {
        constructor(...given) {
          super(...given);
          connections.push(this);
        }
      };
      window.most = async (type, kind, field) =>
        [...(await connections.at(-1).getStats()).values()]
          .filter((entry) => entry.type === type && entry.kind === kind)
          .reduce((most, entry) => Math.max(most, entry[field] ?? 0), 0);

      const rtc = createRingbackRtc(token);
      await rtc.connect();
      const wishes = { video: true, videoOptions: { videoQuality: "LOWEST" }, audioOptions: { audioQualityMode: 1 } };
      window.call = rtc.joinRoom(room, wishes);
      window.video = document.body.appendChild(document.createElement("video"));
      call.on("participant-camera-video-added", ({ stream }) => call.attach(video, stream));
      const { microphone, camera } = await rtc.devicePermissions();
      return `${listed.every((count) => count > 0) ? "lists" : "misses"} devices, ${microphone}, ${camera}`;
    },
    token,
    room,
  );
  console.log(devices);
  await until(() => video.videoWidth > 0 && !video.paused && video.muted);
  console.log("plays");
  await until(async () => (await most("outbound-rtp", "video", "frameHeight")) === 180);
  console.log("sends 180 lines");
  await page.evaluate(() => call.setVideoQuality("HIGH"));
  await until(async () => (await most("outbound-rtp", "video", "frameHeight")) > 180);
  console.log("sends more");
  console.log(await page.evaluate(() => call.sendDTMF("1").catch(({ errorCode }) => errorCode.name)));
  console.log(await page.evaluate(() => call.setCameraOrientation("environment").catch(({ errorCode }) => errorCode.name)));
  await page.evaluate(() => call.pauseIncomingVideo());
  await until(async () => {
    const before = await most("inbound-rtp", "video", "packetsReceived");
    await new Promise((resolve) => setTimeout(resolve, 1000));
    return (await most("inbound-rtp", "video", "packetsReceived")) === before;
  });
  console.log("pauses");
  await page.evaluate(async () => {
    call.resumeIncomingVideo();
    window.before = await most("inbound-rtp", "video", "packetsReceived");
  });
  await until(async () => (await most("inbound-rtp", "video", "packetsReceived")) > before + 10);
  console.log("resumes");
  await until(async () => [...(await call.audioLevels()).participants.values()].some((level) => level > 0.01));
  console.log("measures");
});
