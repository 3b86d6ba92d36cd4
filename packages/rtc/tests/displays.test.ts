import { describe, expect, it } from "vitest";
import type { RoomCall } from "../src/api/calls.js";
import { DESK, type Heard, harness, KITCHEN, listen, PORCH, participant, slot } from "./harness.js";

const { server, client, media, connect, wait, resize } = harness();

const KITCHEN_IN = participant(KITCHEN, "kitchen", { camera: true });
const PORCH_IN = participant(PORCH, "porch", { camera: true });
const SLOTS = [slot(0, KITCHEN, 5), slot(1, PORCH, 6)];
/** Longer than sizes are collected. */
const QUIET = 250;

const element = (): Element => ({}) as Element;

async function join(): Promise<[RoomCall, Heard]> {
  await connect();
  const room = client().joinRoom("standup");
  const heard = listen(room);
  await server().hears("room.join");
  await server().replies("room.join", { callId: DESK });
  await server().hears("media.offer");
  await server().replies("media.offer", { sdp: "answer 1" });
  await server().says({
    type: "room.joined",
    callId: DESK,
    name: "standup",
    participants: [KITCHEN_IN, PORCH_IN],
    slots: SLOTS,
    videoSlots: 4,
  });
  return [room, heard];
}

const streamOf = (heard: Heard, callId: string): MediaStream => {
  const found = heard.payloads.find((event) => (event as { stream?: { id: string } }).stream?.id === callId) as {
    stream: MediaStream;
  };
  return found.stream;
};

describe("how large videos are shown", () => {
  it("is told by their slots, when it has been quiet for a moment", async () => {
    const [room, heard] = await join();
    const [large, small] = [element(), element()];
    room.watchDisplay(streamOf(heard, KITCHEN), large, { pinned: true });
    room.watchDisplay(streamOf(heard, PORCH), small);
    resize(large, 100, 100);
    resize(large, 1280, 720);
    await wait(QUIET / 2);
    resize(small, 320, 180);
    await server().hearsNothing();
    await wait(QUIET);
    await server().hears("slots.prefer", {
      callId: DESK,
      slots: [
        { index: 0, width: 1280, height: 720, pinned: true },
        { index: 1, width: 320, height: 180, pinned: false },
      ],
    });
    await server().replies("slots.prefer", {});
    resize(large, 1280, 720);
    await wait(QUIET);
    await server().hearsNothing();
  });

  it("is never said where the application does not speak of it", async () => {
    await join();
    await wait(QUIET);
    await server().hearsNothing();
  });

  it("is that of the largest place, and nothing when there is none any more", async () => {
    const [room, heard] = await join();
    const [tile, window] = [element(), element()];
    const stopTile = room.watchDisplay(streamOf(heard, KITCHEN), tile);
    const stopWindow = room.watchDisplay(streamOf(heard, KITCHEN), window);
    resize(tile, 200, 100);
    resize(window, 400, 300);
    await wait(QUIET);
    await server().hears("slots.prefer", { slots: [{ index: 0, width: 400, height: 300, pinned: false }] });
    await server().replies("slots.prefer", {});
    stopWindow();
    await wait(QUIET);
    await server().hears("slots.prefer", { slots: [{ index: 0, width: 200, height: 100, pinned: false }] });
    await server().replies("slots.prefer", {});
    stopTile();
    await wait(QUIET);
    await server().hears("slots.prefer", { slots: [{ index: 0, width: 0, height: 0, pinned: false }] });
    await server().replies("slots.prefer", {});
  });

  it("follows a video into another slot, and lets the next one there be large", async () => {
    const [room, heard] = await join();
    const tile = element();
    room.watchDisplay(streamOf(heard, KITCHEN), tile);
    resize(tile, 200, 100);
    await wait(QUIET);
    await server().hears("slots.prefer");
    await server().replies("slots.prefer", {});
    const slots = [slot(0, PORCH, 6), slot(1, KITCHEN, 5)];
    await server().says({ type: "slots.changed", callId: DESK, slots, videoSlots: 4 });
    await wait(QUIET);
    await server().hears("slots.prefer", {
      slots: [
        { index: 1, width: 200, height: 100, pinned: false },
        { index: 0, width: 65_535, height: 65_535, pinned: false },
      ],
    });
    await server().replies("slots.prefer", {});
  });

  it("is said once more when the platform did not take it", async () => {
    const [room, heard] = await join();
    const tile = element();
    room.watchDisplay(streamOf(heard, KITCHEN), tile);
    resize(tile, 200, 100);
    await wait(QUIET);
    await server().hears("slots.prefer");
    await server().refuses("slots.prefer", "SERVICE_UNAVAILABLE");
    resize(tile, 200, 100);
    await wait(QUIET);
    await server().hears("slots.prefer", { slots: [{ index: 0, width: 200, height: 100, pinned: false }] });
    await server().replies("slots.prefer", {});
  });

  it("is not told any more when the call is over", async () => {
    const [room, heard] = await join();
    const tile = element();
    const stop = room.watchDisplay(streamOf(heard, KITCHEN), tile);
    resize(tile, 200, 100);
    room.leave();
    await server().hears("room.leave");
    server().ignores("room.leave");
    stop();
    await wait(2_500);
  });
});

describe("a picture that waits for the network", () => {
  it("is told once, and when it goes on", async () => {
    const [, heard] = await join();
    heard.names.length = 0;
    await server().says({ type: "slots.paused", callId: DESK, slots: [1, 2] });
    await server().says({ type: "slots.paused", callId: DESK, slots: [1] });
    expect(heard.payload("participant-camera-video-paused")).toBeDefined();
    await server().says({ type: "slots.paused", callId: DESK, slots: [] });
    expect(heard.names).toEqual(["participant-camera-video-paused", "participant-camera-video-resumed"]);
  });

  it("is told also when the slot is named before its video", async () => {
    const [, heard] = await join();
    heard.names.length = 0;
    await server().says({ type: "slots.paused", callId: DESK, slots: [3] });
    const slots = [...SLOTS, { index: 3, participantId: KITCHEN, microphone: null, camera: null, screen: 7 }];
    await server().says({ type: "slots.changed", callId: DESK, slots, videoSlots: 4 });
    await server().says({ type: "participant.updated", callId: DESK, participant: { ...KITCHEN_IN, screen: true } });
    expect(heard.names).toEqual(["participant-screen-share-added", "participant-screen-share-paused"]);
    await server().says({ type: "participant.left", callId: DESK, participantId: KITCHEN });
    expect(heard.names.slice(2)).toEqual([
      "participant-camera-video-removed",
      "participant-screen-share-removed",
      "participant-left",
    ]);
  });
});

describe("layers that nobody needs", () => {
  it("are not sent", async () => {
    await join();
    await server().says({ type: "layers.wanted", callId: DESK, camera: 1, screen: 0 });
    expect(media().layers).toEqual({ camera: 1, screen: 0 });
  });
});
