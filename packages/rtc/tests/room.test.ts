import { describe, expect, it } from "vitest";
import type { RoomCall } from "../src/api/calls.js";
import { CallStatus } from "../src/api/enums.js";
import { RoomCallOptions } from "../src/api/options.js";
import { DESK, type Heard, harness, KITCHEN, listen, NORMAL, PORCH, participant, slot } from "./harness.js";

const { server, client, media, log, connect, wait } = harness();

const KITCHEN_IN = participant(KITCHEN, "kitchen");
const PORCH_IN = participant(PORCH, "porch", { camera: true });

async function join(): Promise<[RoomCall, Heard]> {
  await connect();
  const room = client().joinRoom("standup");
  const heard = listen(room);
  await server().hears("room.join", { name: "standup", microphone: true, camera: false });
  await server().replies("room.join", { callId: DESK });
  await server().hears("media.offer", { callId: DESK });
  await server().replies("media.offer", { sdp: "answer 1" });
  await server().says({
    type: "room.joined",
    callId: DESK,
    name: "standup",
    participants: [KITCHEN_IN],
    slots: [slot(0, KITCHEN)],
    videoSlots: 4,
  });
  return [room, heard];
}

async function withPorch(): Promise<[RoomCall, Heard]> {
  const [room, heard] = await join();
  await server().says({ type: "participant.joined", callId: DESK, participant: PORCH_IN });
  await server().says({
    type: "slots.changed",
    callId: DESK,
    slots: [slot(0, KITCHEN), slot(1, PORCH, 5)],
    videoSlots: 4,
  });
  return [room, heard];
}

describe("a room", () => {
  it("is joined and left", async () => {
    const [room, heard] = await join();
    expect([room.id(), room.name(), room.status()]).toEqual([DESK, "standup", CallStatus.ESTABLISHED]);
    expect(heard.payload("room-joined")).toEqual({
      id: DESK,
      name: "standup",
      participants: room.participants(),
      stream: { id: "remote-audio" },
      recordingType: "UNDEFINED",
    });
    expect(room.participants()).toEqual([
      {
        callId: KITCHEN,
        endpoint: {
          type: "WEBRTC",
          identity: "kitchen",
          displayName: null,
          identifier: "kitchen",
          displayIdentifier: null,
        },
        state: "JOINED",
        media: { audio: { muted: false, deaf: false, talking: false }, video: { blind: false } },
        disconnected: false,
      },
    ]);
    expect(room.joinTime()).toEqual(new Date("2026-11-22T08:30:00Z"));
    await wait(2_500);
    room.leave();
    room.leave();
    await server().hears("room.leave", { callId: DESK });
    await server().replies("room.leave", {});
    await server().says({ type: "call.ended", callId: DESK, reason: NORMAL });
    expect(heard.names).toEqual(["room-joined", "room-left"]);
    expect(heard.payload("room-left")).toMatchObject({ errorCode: { id: "10000", name: "NORMAL_HANGUP" } });
    expect(room.leaveTime()).toEqual(new Date("2026-11-22T08:30:02.500Z"));
    expect([room.duration(), room.participants()]).toEqual([2, []]);
  });

  it("takes options", async () => {
    await connect();
    const options = RoomCallOptions.builder().setAudio(false).setVideo(true).setCustomData({ seat: "4" }).build();
    const room = client().joinRoom("standup", options);
    expect(room.status()).toBe(CallStatus.CONNECTING);
    await server().hears("room.join", { microphone: false, camera: true, customData: { seat: "4" } });
    await server().refuses("room.join", "ROOM_FULL");
    expect(room.options()).toMatchObject({ audio: false, video: true, customData: { seat: "4" } });
    expect(room.customData()).toEqual({ seat: "4" });
  });

  it("tells who comes, changes and goes", async () => {
    const [room, heard] = await join();
    const joining = { ...PORCH_IN, state: "JOINING", camera: false } as const;
    await server().says({ type: "participant.joining", callId: DESK, participant: joining });
    expect(heard.payload("participant-joining")).toMatchObject({ participant: { callId: PORCH, state: "JOINING" } });
    await server().says({ type: "participant.joined", callId: DESK, participant: { ...joining, state: "JOINED" } });
    await server().says({
      type: "participant.updated",
      callId: DESK,
      participant: { ...joining, state: "JOINED", microphone: false },
    });
    expect(room.participants().map(({ media: { audio } }) => audio.muted)).toEqual([false, true]);
    await server().says({ type: "participant.updated", callId: DESK, participant: { ...joining, state: "JOINED" } });
    await server().says({ type: "participant.left", callId: DESK, participantId: KITCHEN });
    expect(heard.payload("participant-left")).toMatchObject({ participant: { callId: KITCHEN } });
    expect(room.participants().map(({ callId }) => callId)).toEqual([PORCH]);
    expect(heard.names).toEqual([
      "room-joined",
      "participant-joining",
      "participant-joined",
      "participant-muted",
      "participant-unmuted",
      "participant-left",
    ]);
  });

  it("shows the cameras that it finds", async () => {
    await connect();
    const heard = listen(client().joinRoom("standup"));
    await server().hears("room.join");
    await server().replies("room.join", { callId: DESK });
    await server().hears("media.offer");
    await server().replies("media.offer", { sdp: "answer 1" });
    await server().says({
      type: "room.joined",
      callId: DESK,
      name: "standup",
      participants: [KITCHEN_IN, PORCH_IN],
      slots: [slot(0, KITCHEN), slot(2, PORCH, 5)],
      videoSlots: 4,
    });
    expect(heard.names).toEqual(["room-joined", "participant-camera-video-added"]);
    expect(heard.payload("participant-camera-video-added")).toMatchObject({
      participant: { callId: PORCH },
      stream: { id: PORCH },
    });
    expect([...media().videos]).toEqual([[PORCH, 2]]);
  });

  it("keeps a participant's stream when its slot changes", async () => {
    const [, heard] = await withPorch();
    expect([...media().videos]).toEqual([[PORCH, 1]]);
    await server().says({ type: "participant.left", callId: DESK, participantId: KITCHEN });
    await server().says({ type: "slots.changed", callId: DESK, slots: [slot(0, PORCH, 5)], videoSlots: 4 });
    expect([...media().videos]).toEqual([[PORCH, 0]]);
    expect(heard.names).toEqual([
      "room-joined",
      "participant-joined",
      "participant-camera-video-added",
      "participant-left",
    ]);
  });

  it("shows a camera only while it sends and has a slot", async () => {
    const [, heard] = await withPorch();
    await server().says({ type: "slots.changed", callId: DESK, slots: [slot(0, KITCHEN)], videoSlots: 4 });
    expect(media().videos.size).toBe(0);
    await server().says({ type: "slots.changed", callId: DESK, slots: [slot(3, PORCH, 5)], videoSlots: 4 });
    await server().says({ type: "participant.updated", callId: DESK, participant: { ...PORCH_IN, camera: false } });
    await server().says({ type: "slots.changed", callId: DESK, slots: [slot(4, PORCH, 5)], videoSlots: 4 });
    await server().says({ type: "participant.updated", callId: DESK, participant: PORCH_IN });
    expect(heard.names.slice(2)).toEqual([
      "participant-camera-video-added",
      "participant-camera-video-removed",
      "participant-camera-video-added",
      "participant-camera-video-removed",
    ]);
  });

  it("takes away the video of a participant that leaves", async () => {
    const [, heard] = await withPorch();
    await server().says({ type: "participant.left", callId: DESK, participantId: PORCH });
    expect(heard.names.slice(-2)).toEqual(["participant-camera-video-removed", "participant-left"]);
    expect(media().videos.size).toBe(0);
  });

  it("has as many slots as the platform says, one negotiation at a time", async () => {
    const [, heard] = await withPorch();
    await server().says({ type: "slots.changed", callId: DESK, slots: [slot(8, PORCH, 5)], videoSlots: 9 });
    expect(media().videoSlots).toBe(9);
    expect([...media().videos]).toEqual([[PORCH, 8]]);
    await server().hears("media.offer", { callId: DESK });
    await server().says({ type: "slots.changed", callId: DESK, slots: [slot(8, PORCH, 5)], videoSlots: 16 });
    await server().hearsNothing();
    await server().replies("media.offer", { sdp: "answer 2" });
    await server().hears("media.offer", { callId: DESK });
    await server().replies("media.offer", { sdp: "answer 3" });
    await server().says({ type: "slots.changed", callId: DESK, slots: [slot(9, PORCH, 5)], videoSlots: 16 });
    expect(media().answers).toEqual(["answer 1", "answer 2", "answer 3"]);
    expect(heard.names.slice(2)).toEqual(["participant-camera-video-added"]);
  });

  it("goes on with the slots it has when more are refused", async () => {
    const [room, heard] = await withPorch();
    await server().says({ type: "slots.changed", callId: DESK, slots: [slot(1, PORCH, 5)], videoSlots: 9 });
    await server().hears("media.offer");
    await server().refuses("media.offer", "SERVICE_UNAVAILABLE");
    expect(room.status()).toBe(CallStatus.ESTABLISHED);
    expect(heard.names).not.toContain("error");
    expect(log().warn).toHaveBeenCalledOnce();
  });

  it("ignores slots of somebody who is not there", async () => {
    const [, heard] = await join();
    await server().says({ type: "slots.changed", callId: DESK, slots: [slot(0, PORCH, 5)], videoSlots: 4 });
    expect(heard.names).toEqual(["room-joined"]);
  });

  it("tells the end of a refused join", async () => {
    await connect();
    const heard = listen(client().joinRoom("standup"));
    await server().hears("room.join");
    await server().refuses("room.join", "ROOM_FULL");
    expect(heard.names).toEqual(["room-left"]);
    expect(heard.payload("room-left")).toMatchObject({ errorCode: { name: "DESTINATION_UNAVAILABLE" } });
  });

  it("ends by itself when the platform does not answer the leaving", async () => {
    const [room, heard] = await join();
    room.leave();
    await server().hears("room.leave");
    server().ignores("room.leave");
    await wait(2_000);
    expect(heard.names).toEqual(["room-joined", "room-left"]);
  });
});
