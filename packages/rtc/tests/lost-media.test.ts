import { describe, expect, it } from "vitest";
import type { RoomCall } from "../src/api/calls.js";
import { CallStatus } from "../src/api/enums.js";
import { DESK, type Heard, harness, KITCHEN, listen, NORMAL, participant, slot } from "./harness.js";

const { server, client, media, medias, connect, wait } = harness();

const LOST = { type: "media.lost", callId: DESK } as const;

/** In a room with the kitchen, whose camera is on. */
async function join(): Promise<[RoomCall, Heard]> {
  await connect();
  const room = client().joinRoom("standup");
  const heard = listen(room);
  await server().hears("room.join");
  await server().replies("room.join", { callId: DESK });
  await server().hears("media.offer", { sdp: "offer 1", connection: 1 });
  await server().replies("media.offer", { sdp: "answer 1" });
  await server().says({
    type: "room.joined",
    callId: DESK,
    name: "standup",
    participants: [participant(KITCHEN, "kitchen", { camera: true })],
    slots: [slot(0, KITCHEN, 7)],
    videoSlots: 4,
  });
  return [room, heard];
}

/** More than 20 s pass, after which nobody waits any more; the connection pings once. */
async function longAfter(): Promise<void> {
  await wait(22_000);
  await server().hears("ping");
  await server().replies("ping", {});
}

describe("media that the platform has lost", () => {
  it("comes back on the next connection, and the application notices nothing", async () => {
    const [room, heard] = await join();
    heard.names.length = 0;
    await server().says(LOST);
    await server().hears("media.offer", { callId: DESK, sdp: "offer 2", connection: 2 });
    await server().replies("media.offer", { sdp: "answer 2" });
    expect([medias().length, media().connection, media().answers]).toEqual([1, 2, ["answer 1", "answer 2"]]);
    expect([media().closed, media().microphone]).toEqual([false, true]);
    expect([room.id(), room.status(), heard.names]).toEqual([DESK, CallStatus.ESTABLISHED, []]);
  });

  it("is lost again while it comes back: only the latest connection counts", async () => {
    const [room] = await join();
    await server().says(LOST);
    await server().hears("media.offer", { sdp: "offer 2", connection: 2 });
    await server().says(LOST);
    await server().hears("media.offer", { sdp: "offer 3", connection: 3 });
    await server().refuses("media.offer", "INVALID_STATE");
    await server().replies("media.offer", { sdp: "answer 3" });
    expect(media().answers).toEqual(["answer 1", "answer 3"]);
    await longAfter();
    expect(room.status()).toBe(CallStatus.ESTABLISHED);
  });

  it("is lost before the first answer came", async () => {
    await connect();
    const room = client().joinRoom("standup");
    await server().hears("room.join");
    await server().replies("room.join", { callId: DESK });
    await server().hears("media.offer", { connection: 1 });
    await server().refuses("media.offer", "INVALID_STATE");
    await wait(5_000);
    await server().says(LOST);
    await server().hears("media.offer", { connection: 2 });
    await server().replies("media.offer", { sdp: "answer 2" });
    await longAfter();
    expect([room.status(), media().answers]).toEqual([CallStatus.CONNECTING, ["answer 2"]]);
  });

  it("of which the platform says no more ends the call", async () => {
    const [room, heard] = await join();
    await server().says(LOST);
    await server().hears("media.offer", { connection: 2 });
    await server().refuses("media.offer", "INVALID_STATE");
    await wait(19_999);
    expect(room.status()).toBe(CallStatus.ESTABLISHED);
    await wait(1);
    await server().hears("ping");
    await server().replies("ping", {});
    expect(room.status()).toBe(CallStatus.FINISHED);
    expect(heard.names).toContain("room-left");
  });

  it("and whose next offer cannot be used, ends the call", async () => {
    const [room] = await join();
    await server().says(LOST);
    await server().hears("media.offer", { connection: 2 });
    await server().refuses("media.offer", "OFFER_INVALID");
    await server().hears("room.leave", { callId: DESK });
    await server().replies("room.leave", {});
    expect(room.status()).toBe(CallStatus.FINISHED);
  });

  it("does not come back after the end", async () => {
    const [room] = await join();
    room.leave();
    await server().hears("room.leave");
    await server().says(LOST);
    await server().replies("room.leave", {});
    await server().says({ type: "call.ended", callId: DESK, reason: NORMAL });
    expect(media().connection).toBe(1);
  });

  it("is negotiated again in its connection when the path is lost", async () => {
    await join();
    await server().says(LOST);
    await server().hears("media.offer", { connection: 2 });
    await server().replies("media.offer", { sdp: "answer 2" });
    media().losePath();
    await server().hears("ping");
    await server().replies("ping", {});
    await server().hears("media.offer", { sdp: "offer 3", connection: 2 });
    await server().replies("media.offer", { sdp: "answer 3" });
    expect(media().restarts).toBe(1);
  });
});
