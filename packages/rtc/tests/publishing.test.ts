import { describe, expect, it } from "vitest";
import type { WebrtcCall } from "../src/api/calls.js";
import { errorCode, RtcError } from "../src/api/error-code.js";
import type { MediaCallOptions } from "../src/api/options.js";
import { DESK, type Heard, harness, KITCHEN, listen, NORMAL, participant, slot } from "./harness.js";

const { server, client, media, connect, incoming, wait } = harness();

async function establish(options: MediaCallOptions = {}): Promise<[WebrtcCall, Heard]> {
  await connect();
  const call = client().callWebrtc("kitchen", options);
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

describe("muting", () => {
  it("silences at once and tells the platform", async () => {
    const [call] = await establish();
    expect([call.muted(), media().microphone]).toEqual([false, true]);
    const muted = call.mute(true);
    expect([call.muted(), media().microphone]).toEqual([true, false]);
    const update = await server().hears("media.update", { callId: DESK, microphone: false });
    expect(update).not.toHaveProperty("camera");
    await server().replies("media.update", {});
    await muted;
    await call.mute(true);
  });

  it("brings the platform to the last wish of a rapid series", async () => {
    const [call] = await establish();
    const wishes = [true, false, true, false, true].map((wish) => call.mute(wish));
    await server().hears("media.update", { microphone: false });
    void call.mute(false);
    void call.mute(true);
    void call.mute(false);
    expect(media().microphone).toBe(true);
    await server().hearsNothing();
    await server().replies("media.update", {});
    await server().hears("media.update", { microphone: true });
    await server().replies("media.update", {});
    await Promise.all(wishes);
    expect(call.muted()).toBe(false);
  });

  it("says nothing when a rapid series ends where it began", async () => {
    const [call] = await establish();
    await Promise.all([call.mute(true), call.mute(false)]);
    await server().hearsNothing();
  });

  it("opens the microphone late when the call began without it", async () => {
    const [call, heard] = await establish({ audio: false });
    expect([call.muted(), media().microphone]).toEqual([true, false]);
    media().deviceError = new RtcError(errorCode("DEVICE_NOT_FOUND"));
    await expect(call.mute(false)).rejects.toMatchObject({ errorCode: { name: "DEVICE_NOT_FOUND" } });
    expect([call.muted(), media().microphone]).toEqual([true, false]);
    expect(heard.names).toEqual(["error"]);
    expect(heard.payload("error")).toEqual({ errorCode: errorCode("DEVICE_NOT_FOUND") });
    media().deviceError = null;
    const unmuted = call.mute(false);
    await server().hears("media.update", { microphone: true });
    await server().replies("media.update", {});
    await unmuted;
    expect([call.muted(), media().microphone]).toEqual([false, true]);
  });

  it("stays muted when the platform refuses the unmuting", async () => {
    const [call, heard] = await establish({ audio: false });
    const unmuted = call.mute(false);
    await server().hears("media.update");
    await server().refuses("media.update", "INTERNAL");
    await expect(unmuted).rejects.toMatchObject({ errorCode: { name: "UNKNOWN" } });
    expect([call.muted(), media().microphone]).toEqual([true, false]);
    expect(heard.names).toEqual(["error"]);
  });

  it("is told once the call is there, when it is muted before", async () => {
    await connect();
    const call = client().callWebrtc("kitchen");
    void call.mute(true);
    await server().hears("call.start", { microphone: true });
    await server().replies("call.start", { callId: DESK });
    await server().hears("media.offer");
    await server().hears("media.update", { microphone: false, callId: DESK });
    server().ignores("media.offer");
    server().ignores("media.update");
    expect(media().microphone).toBe(false);
  });

  it("is not possible before an incoming call is accepted, nor after the end", async () => {
    await connect();
    const call = await incoming();
    await expect(call.mute(true)).rejects.toMatchObject({ errorCode: { name: "INVALID_REQUEST" } });
    await server().says({ type: "call.ended", callId: DESK, reason: NORMAL });
    await expect(call.cameraVideo(true)).rejects.toMatchObject({ errorCode: { name: "INVALID_REQUEST" } });
  });
});

describe("the camera", () => {
  it("goes on and off", async () => {
    const [call, heard] = await establish();
    const on = call.cameraVideo(true);
    const update = await server().hears("media.update", { camera: true });
    expect(update).not.toHaveProperty("microphone");
    await server().replies("media.update", {});
    await on;
    expect([call.hasCameraVideo(), media().camera]).toEqual([true, true]);
    expect(heard.payload("camera-video-added")).toEqual({ stream: { id: "camera" } });
    const off = call.cameraVideo(false);
    await server().hears("media.update", { camera: false });
    await server().replies("media.update", {});
    await off;
    expect([call.hasCameraVideo(), media().camera]).toEqual([false, false]);
    expect(heard.payload("camera-video-removed")).toEqual({ reason: "USER_REQUEST" });
    expect(heard.names).toEqual(["camera-video-added", "camera-video-removed"]);
  });

  it("ends at the last wish of a rapid series", async () => {
    const [call, heard] = await establish();
    const wishes = [true, false, true, false].map((wish) => call.cameraVideo(wish));
    await Promise.all(wishes);
    await server().hearsNothing();
    expect([call.hasCameraVideo(), media().camera]).toEqual([false, false]);
    expect(heard.names).toEqual(["camera-video-added", "camera-video-removed"]);
  });

  it("goes off, also when it is wished while it still opens", async () => {
    await connect();
    const call = client().callWebrtc("kitchen", { video: true });
    const heard = listen(call);
    const off = call.cameraVideo(false);
    await server().hears("call.start", { camera: true });
    await server().replies("call.start", { callId: DESK });
    await server().hears("media.offer");
    server().ignores("media.offer");
    await server().hears("media.update", { camera: false });
    await server().replies("media.update", {});
    await off;
    expect(media().camera).toBe(false);
    expect(heard.names).toEqual(["camera-video-added", "camera-video-removed"]);
  });

  it("tells when it cannot be opened, and the call goes on", async () => {
    const [call, heard] = await establish();
    media().deviceError = new RtcError(errorCode("DEVICE_UNAVAILABLE"));
    await expect(call.cameraVideo(true)).rejects.toMatchObject({ errorCode: { name: "DEVICE_UNAVAILABLE" } });
    expect(call.hasCameraVideo()).toBe(false);
    expect(heard.names).toEqual(["error"]);
    media().deviceError = null;
    const on = call.cameraVideo(true);
    await server().hears("media.update", { camera: true });
    await server().replies("media.update", {});
    await on;
  });

  it("is quiet after the end", async () => {
    const [call, heard] = await establish();
    const on = call.cameraVideo(true);
    call.hangup();
    await server().hears("call.hangUp");
    await server().replies("call.hangUp", {});
    await server().says({ type: "call.ended", callId: DESK, reason: NORMAL });
    await wait(0);
    await on.catch(() => {});
    expect(heard.names).toEqual(["hangup"]);
    expect(call.hasCameraVideo()).toBe(false);
  });
});
