import { afterEach, expect, it } from "vitest";
import { devicePermissions } from "../../src/media/devices.js";
import { RTCMediaDevice } from "../../src/rtc-media-device.js";

const opened: MediaStream[] = [];
const keep = async (opening: Promise<MediaStream>): Promise<MediaStream> => {
  const stream = await opening;
  opened.push(stream);
  return stream;
};
const deviceOf = (track: MediaStreamTrack | undefined): string | undefined => track?.getSettings().deviceId;

afterEach(() => {
  for (const stream of opened.splice(0)) RTCMediaDevice.closeMediaStream(stream);
});

it("lists microphones, loudspeakers and cameras by name", async () => {
  const [microphones, loudspeakers, cameras] = await Promise.all([
    RTCMediaDevice.getAudioInputDevices(),
    RTCMediaDevice.getAudioOutputDevices(),
    RTCMediaDevice.getVideoInputDevices(),
  ]);
  expect(microphones.map(({ kind, label }) => [kind, label])).toContainEqual(["audioinput", "Fake Audio Input 2"]);
  expect(loudspeakers.map(({ kind, label }) => [kind, label])).toContainEqual(["audiooutput", "Fake Audio Output 2"]);
  expect(cameras.map(({ kind, label }) => [kind, label])).toEqual([
    ["videoinput", "fake_device_0"],
    ["videoinput", "fake_device_1"],
  ]);
});

it("opens the device that is chosen, of whichever kind, and closes it", async () => {
  const camera = (await RTCMediaDevice.getVideoInputDevices())[1];
  const microphone = (await RTCMediaDevice.getAudioInputDevices())[2];
  const seen = await keep(RTCMediaDevice.getMediaStream(camera?.deviceId ?? ""));
  const heard = await keep(RTCMediaDevice.getMediaStream(microphone?.deviceId ?? ""));
  const any = await keep(RTCMediaDevice.getVideoMediaStream(null));
  expect(seen.getTracks().map(deviceOf)).toEqual([camera?.deviceId]);
  expect(heard.getTracks().map(deviceOf)).toEqual([microphone?.deviceId]);
  expect(any.getVideoTracks()).toHaveLength(1);
  RTCMediaDevice.closeMediaStream(seen);
  expect(seen.getTracks().map(({ readyState }) => readyState)).toEqual(["ended"]);
});

it("does not open another device than the one that is meant", async () => {
  const notFound = { errorCode: { name: "DEVICE_NOT_FOUND" } };
  await expect(RTCMediaDevice.getMediaStream("gone")).rejects.toMatchObject(notFound);
  await expect(RTCMediaDevice.getAudioMediaStream("gone")).rejects.toMatchObject(notFound);
  await expect(RTCMediaDevice.getVideoMediaStream(null, "environment")).rejects.toMatchObject(notFound);
});

it("knows what the page may open", async () => {
  expect(await devicePermissions()).toEqual({ microphone: "granted", camera: "granted" });
});
