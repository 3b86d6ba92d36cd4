import { describe, expect, it } from "vitest";
import type { RoomCall, WebrtcCall } from "../src/api/calls.js";
import { errorCode, RtcError } from "../src/api/error-code.js";
import { DESK, type Heard, harness, KITCHEN, listen, NORMAL, PORCH, participant, slot } from "./harness.js";

const { server, client, media, connect, wait } = harness();

const KITCHEN_IN = participant(KITCHEN, "kitchen", { camera: true });
const PORCH_IN = participant(PORCH, "porch");
const screenSlot = (index: number, participantId: string, screen = 7) => ({
  index,
  participantId,
  microphone: null,
  camera: null,
  screen,
});

async function establish(): Promise<[WebrtcCall, Heard]> {
  await connect();
  const call = client().callWebrtc("kitchen");
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

async function join(): Promise<[RoomCall, Heard]> {
  await connect();
  const room = client().joinRoom("standup");
  await server().hears("room.join");
  await server().replies("room.join", { callId: DESK });
  await server().hears("media.offer");
  await server().replies("media.offer", { sdp: "answer 1" });
  const participants = [KITCHEN_IN, PORCH_IN];
  const slots = [slot(0, KITCHEN, 5), slot(1, PORCH)];
  await server().says({ type: "room.joined", callId: DESK, name: "standup", participants, slots, videoSlots: 4 });
  return [room, listen(room)];
}

async function share(call: WebrtcCall): Promise<void> {
  const shared = call.startScreenShare();
  await server().hears("media.update", { callId: DESK, screen: true });
  await server().replies("media.update", {});
  await shared;
}

describe("sharing the screen", () => {
  it("goes on and off beside the camera, without an offer", async () => {
    const [call, heard] = await establish();
    const camera = call.cameraVideo(true);
    await server().hears("media.update", { camera: true });
    await server().replies("media.update", {});
    await camera;
    const shared = call.screenShare(true);
    const update = await server().hears("media.update", { callId: DESK, screen: true });
    expect(update).not.toHaveProperty("camera");
    await server().replies("media.update", {});
    await shared;
    expect([call.hasScreenShare(), call.hasCameraVideo(), media().screen, media().camera]).toEqual(Array(4).fill(true));
    expect(heard.payload("screen-share-added")).toEqual({ stream: { id: "screen" } });
    const stopped = call.screenShare(false);
    await server().hears("media.update", { screen: false });
    await server().replies("media.update", {});
    await stopped;
    expect([call.hasScreenShare(), call.hasCameraVideo(), media().screen]).toEqual([false, true, false]);
    expect(heard.names).toEqual(["camera-video-added", "screen-share-added", "screen-share-removed"]);
    expect(heard.payload("screen-share-removed")).toEqual({ reason: "USER_REQUEST" });
    expect(media().offers).toBe(1);
  });

  it("asks for what the application allows", async () => {
    const [call] = await establish();
    const shared = call.startScreenShare({ allowedDisplayOptions: ["window", "browser"] });
    expect(media().displayOptions).toEqual({ allowedDisplayOptions: ["window", "browser"] });
    await server().hears("media.update");
    await server().replies("media.update", {});
    await shared;
    await call.startScreenShare();
  });

  it.each(["DEVICE_FORBIDDEN", "FORBIDDEN_DISPLAY_SURFACE"] as const)("fails with %s", async (cause) => {
    const [call, heard] = await establish();
    media().deviceError = new RtcError(errorCode(cause));
    await expect(call.startScreenShare()).rejects.toMatchObject({ errorCode: { name: cause } });
    expect(heard.names).toEqual(["error"]);
    expect([call.hasScreenShare(), heard.payload("error")]).toMatchObject([false, { errorCode: { name: cause } }]);
    media().deviceError = null;
    await share(call);
  });

  it("ends when the user stops it in the browser", async () => {
    const [call, heard] = await establish();
    await share(call);
    media().stopSharing();
    await server().hears("media.update", { screen: false });
    await server().replies("media.update", {});
    expect([call.hasScreenShare(), heard.payload("screen-share-removed")]).toEqual([false, { reason: "USER_REQUEST" }]);
  });

  it("ends when somebody else shares", async () => {
    const [call, heard] = await establish();
    await share(call);
    await server().says({ type: "screen.stopped", callId: DESK, reason: "ACTIVE_PRESENTER_CHANGED" });
    expect(heard.payload("screen-share-removed")).toEqual({ reason: "ACTIVE_PRESENTER_CHANGED" });
    expect([call.hasScreenShare(), media().screen]).toEqual([false, false]);
    await server().hears("media.update", { screen: false });
    await server().replies("media.update", {});
    await share(call);
    const stopped = call.stopScreenShare();
    await server().hears("media.update", { screen: false });
    await server().replies("media.update", {});
    await stopped;
    expect(heard.payload("screen-share-removed")).toEqual({ reason: "USER_REQUEST" });
  });

  it("stops when the platform does not follow", async () => {
    const [call, heard] = await establish();
    const shared = call.startScreenShare();
    await server().hears("media.update", { screen: true });
    await server().refuses("media.update", "SERVICE_UNAVAILABLE");
    await expect(shared).rejects.toMatchObject({ errorCode: { name: "SERVICE_UNAVAILABLE" } });
    expect(heard.names).toEqual(["screen-share-added", "screen-share-removed", "error"]);
    expect(media().screen).toBe(false);
  });

  it("ends silently with the call", async () => {
    const [call, heard] = await establish();
    await share(call);
    await server().says({ type: "call.ended", callId: DESK, reason: NORMAL });
    await wait(0);
    expect(heard.names).toEqual(["screen-share-added", "hangup"]);
    expect([call.hasScreenShare(), media().screen]).toEqual([false, false]);
    await expect(call.startScreenShare()).rejects.toMatchObject({ errorCode: { name: "INVALID_REQUEST" } });
  });
});

describe("a shared screen", () => {
  it("is seen beside the camera in a call", async () => {
    const [call, heard] = await establish();
    const sharing = { ...KITCHEN_IN, screen: true };
    await server().says({ type: "participant.updated", callId: DESK, participant: sharing });
    await server().says({
      type: "slots.changed",
      callId: DESK,
      slots: [slot(0, KITCHEN, 5), screenSlot(1, KITCHEN)],
      videoSlots: 4,
    });
    expect(heard.names).toEqual(["remote-camera-video-added", "remote-screen-share-added"]);
    expect([call.hasRemoteCameraVideo(), call.hasRemoteScreenShare()]).toEqual([true, true]);
    const { stream: camera } = heard.payload("remote-camera-video-added") as { stream: MediaStream };
    const { stream: screen } = heard.payload("remote-screen-share-added") as { stream: MediaStream };
    expect(camera).not.toBe(screen);
    await server().says({ type: "participant.updated", callId: DESK, participant: KITCHEN_IN });
    await server().says({ type: "slots.changed", callId: DESK, slots: [slot(0, KITCHEN, 5)], videoSlots: 4 });
    expect(heard.names.slice(2)).toEqual(["remote-screen-share-removed"]);
    expect([call.hasRemoteCameraVideo(), call.hasRemoteScreenShare()]).toEqual([true, false]);
    expect([...media().videos.values()]).toEqual([0]);
  });

  it("goes from one presenter to the next in a room", async () => {
    const [, heard] = await join();
    const sharing = { ...KITCHEN_IN, screen: true };
    await server().says({ type: "participant.updated", callId: DESK, participant: sharing });
    const slots = [slot(0, KITCHEN, 5), slot(1, PORCH), screenSlot(2, KITCHEN)];
    await server().says({ type: "slots.changed", callId: DESK, slots, videoSlots: 4 });
    expect(heard.payload("participant-screen-share-added")).toMatchObject({ participant: { callId: KITCHEN } });
    await server().says({ type: "participant.updated", callId: DESK, participant: KITCHEN_IN });
    await server().says({ type: "participant.updated", callId: DESK, participant: { ...PORCH_IN, screen: true } });
    await server().says({
      type: "slots.changed",
      callId: DESK,
      slots: [...slots.slice(0, 2), screenSlot(2, PORCH, 9)],
      videoSlots: 4,
    });
    expect(heard.names).toEqual([
      "participant-screen-share-added",
      "participant-screen-share-removed",
      "participant-screen-share-added",
    ]);
    await server().says({ type: "participant.left", callId: DESK, participantId: PORCH });
    expect(heard.names.slice(3)).toEqual(["participant-screen-share-removed", "participant-left"]);
  });
});
