import { afterEach, beforeEach, expect, it } from "vitest";
import { userEvent } from "vitest/browser";
import { openMeter } from "../../src/media/muted-speech.js";
import { Playback, type Resume, watchClicks } from "../../src/media/playback.js";
import { RTCMediaDevice } from "../../src/rtc-media-device.js";

// The first test must come first: a page that was clicked once may sound ever after.
let stream: MediaStream;
let element: HTMLAudioElement;

beforeEach(async () => {
  stream = await RTCMediaDevice.getAudioMediaStream(null);
  element = document.body.appendChild(new Audio());
});

afterEach(() => {
  RTCMediaDevice.closeMediaStream(stream);
  element.remove();
});

it("waits for a click where the browser wants one, and tells", async () => {
  const playback = new Playback(watchClicks);
  const resume = await new Promise<Resume>((blocked) => playback.attach(element, stream, blocked));
  expect(element.paused).toBe(true);
  await expect(resume()).rejects.toMatchObject({ errorCode: { name: "DEVICE_FORBIDDEN" } });
  const playing = new Promise((happens) => element.addEventListener("playing", happens, { once: true }));
  await userEvent.click(document.body);
  await playing;
});

it("plays a picture without any click, and shows it where it belongs", async () => {
  const camera = await RTCMediaDevice.getVideoMediaStream(null);
  const video = document.body.appendChild(document.createElement("video"));
  const playing = new Promise((happens) => video.addEventListener("playing", happens, { once: true }));
  const detach = new Playback(watchClicks).attach(video, camera, () => {});
  await playing;
  expect([video.muted, video.playsInline]).toEqual([true, true]);
  detach();
  expect(video.srcObject).toBeNull();
  RTCMediaDevice.closeMediaStream(camera);
  video.remove();
});

it("plays on the loudspeaker that is chosen", async () => {
  const playback = new Playback(watchClicks);
  const [, loudspeaker] = await RTCMediaDevice.getAudioOutputDevices();
  const detach = playback.attach(element, stream, () => {});
  await playback.useOutput(loudspeaker?.deviceId ?? "");
  await expect.poll(() => element.sinkId).toBe(loudspeaker?.deviceId);
  await expect(playback.useOutput("gone")).rejects.toMatchObject({ errorCode: { name: "DEVICE_NOT_FOUND" } });
  expect(element.sinkId).toBe(loudspeaker?.deviceId);
  detach();
});

it("measures how loud a track is", async () => {
  await userEvent.click(document.body);
  const context = new AudioContext();
  const tone = new OscillatorNode(context);
  const recorded = new MediaStreamAudioDestinationNode(context);
  tone.connect(recorded);
  tone.start();
  const [track] = recorded.stream.getAudioTracks();
  const meter = track === undefined ? null : openMeter(track);
  // A sine of full scale has a root mean square of the root of one half.
  await expect.poll(() => meter?.level()).toBeCloseTo(Math.SQRT1_2, 1);
  tone.stop();
  await expect.poll(() => meter?.level()).toBeLessThan(0.02);
  meter?.close();
  await context.close();
});
