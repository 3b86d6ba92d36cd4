import { describe, expect, it, vi } from "vitest";
import type { WebrtcCall } from "../src/api/calls.js";
import { type DevicesChangedEvent, MediaDevice } from "../src/api/devices.js";
import { errorCode, RtcError } from "../src/api/error-code.js";
import { RtcEvent } from "../src/api/event-names.js";
import { DeviceWatch } from "../src/media/device-watch.js";
import { DESK, type Heard, harness, KITCHEN, listen, participant, slot } from "./harness.js";

const { server, client, media, connect, plug, wait } = harness();

async function establish(video = false): Promise<[WebrtcCall, Heard]> {
  await connect();
  const call = client().callWebrtc("kitchen", { video });
  await server().hears("call.start");
  await server().replies("call.start", { callId: DESK });
  await server().hears("media.offer");
  await server().replies("media.offer", { sdp: "answer 1" });
  await server().says({
    type: "call.established",
    callId: DESK,
    participants: [participant(KITCHEN, "kitchen")],
    slots: [slot(0, KITCHEN)],
    videoSlots: 4,
  });
  return [call, listen(call)];
}

const device = (kind: MediaDeviceKind): MediaDevice => new MediaDevice(`a-${kind}`, "", kind, "");
const HEADSET = { audioInputs: [device("audioinput")], audioOutputs: [device("audiooutput")] };

describe("devices", () => {
  it("are listed by kind", async () => {
    plug({ ...HEADSET, videoInputs: [device("videoinput")] });
    expect(await client().getAudioInputDevices()).toEqual(HEADSET.audioInputs);
    expect(await client().getAudioOutputDevices()).toEqual(HEADSET.audioOutputs);
    expect(await client().getVideoInputDevices()).toEqual([device("videoinput")]);
    expect(await client().devicePermissions()).toEqual({ microphone: "granted", camera: "prompt" });
  });

  it("that come and go are told together, as long as somebody listens", async () => {
    const told: DevicesChangedEvent[] = [];
    const listener = (devices: DevicesChangedEvent) => void told.push(devices);
    expect(plug(HEADSET)).toBe(false);
    client().on(RtcEvent.DEVICES_CHANGED, listener);
    plug({ audioInputs: [] });
    await wait(200);
    plug({ audioOutputs: [] });
    await wait(200);
    expect(told).toEqual([]);
    await wait(50);
    expect(told).toEqual([{ audioInputs: [], audioOutputs: [], videoInputs: [] }]);
    plug(HEADSET);
    client().off(RtcEvent.DEVICES_CHANGED, listener);
    await wait(250);
    expect([told.length, plug(HEADSET)]).toEqual([1, false]);
  });

  it("that cannot be listed are told at the next change", async () => {
    const told = vi.fn();
    let changed = () => {};
    const list = vi.fn(async () => ({ audioInputs: [], audioOutputs: [], videoInputs: [] }));
    list.mockRejectedValueOnce(new DOMException("", "InvalidStateError"));
    const watch = new DeviceWatch(
      {
        list,
        watch: (then) => {
          changed = then;
          return () => {};
        },
      },
      told,
    );
    watch.start();
    changed();
    await wait(250);
    expect(told).not.toHaveBeenCalled();
    changed();
    await wait(250);
    expect(told).toHaveBeenCalledOnce();
    watch.stop();
  });

  it("are chosen for later calls", async () => {
    client().setAudioInputDevice("headset");
    client().setVideoInputDevice("webcam");
    client().unsetAudioInputDevice("another");
    await establish();
    expect(media().wishes()).toMatchObject({ microphone: "headset", camera: "webcam" });
    client().unsetAudioInputDevice("headset");
    client().unsetVideoInputDevice();
    expect(media().wishes()).toMatchObject({ microphone: "headset", camera: "webcam" });
    client().joinRoom("standup");
    await server().hears("room.join");
    await server().refuses("room.join", "ROOM_FULL");
    expect(media(1).wishes()).toMatchObject({ microphone: null, camera: null });
  });

  it("are switched in a call, the last wish last", async () => {
    const [call, heard] = await establish();
    await Promise.all([call.setAudioInputDevice("headset"), call.setAudioInputDevice("desk-microphone")]);
    await call.setVideoInputDevice("webcam");
    expect(media().wishes()).toMatchObject({ microphone: "desk-microphone", camera: "webcam" });
    media().deviceError = new RtcError(errorCode("DEVICE_NOT_FOUND"));
    await expect(call.setAudioInputDevice("gone")).rejects.toMatchObject({ errorCode: { name: "DEVICE_NOT_FOUND" } });
    expect(heard.names).toEqual(["error"]);
    expect(media().wishes().microphone).toBe("desk-microphone");
  });
});

describe("a plug that is pulled", () => {
  it("switches the camera off", async () => {
    const [call, heard] = await establish(true);
    expect(call.hasCameraVideo()).toBe(true);
    media().loseCamera();
    await server().hears("media.update", { camera: false });
    await server().replies("media.update", {});
    expect([call.hasCameraVideo(), heard.names]).toEqual([false, ["camera-video-removed"]]);
  });

  it("mutes when there is no other microphone", async () => {
    const [call, heard] = await establish();
    media().loseMicrophone(errorCode("DEVICE_NOT_FOUND"));
    await server().hears("media.update", { microphone: false });
    await server().replies("media.update", {});
    expect(call.muted()).toBe(true);
    expect(heard.payload("error")).toMatchObject({ errorCode: { name: "DEVICE_NOT_FOUND" } });
  });
});
