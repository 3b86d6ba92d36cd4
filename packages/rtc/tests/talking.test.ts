import { describe, expect, it } from "vitest";
import type { RoomCall } from "../src/api/calls.js";
import { DESK, type Heard, harness, KITCHEN, listen, PORCH, participant, slot } from "./harness.js";

const { server, client, connect } = harness();

async function join(): Promise<[RoomCall, Heard]> {
  await connect();
  const room = client().joinRoom("standup");
  await server().hears("room.join");
  await server().replies("room.join", { callId: DESK });
  await server().hears("media.offer");
  await server().replies("media.offer", { sdp: "answer 1" });
  await server().says({ type: "speakers.changed", callId: DESK, speakers: [PORCH] });
  await server().says({
    type: "room.joined",
    callId: DESK,
    name: "standup",
    participants: [participant(KITCHEN, "kitchen"), participant(PORCH, "porch")],
    slots: [slot(0, KITCHEN), slot(1, PORCH)],
    videoSlots: 4,
  });
  return [room, listen(room)];
}

const speak = (...speakers: string[]) => server().says({ type: "speakers.changed", callId: DESK, speakers });
const talking = (room: RoomCall) => room.participants().map(({ media: { audio } }) => audio.talking);

describe("who speaks in a room", () => {
  it("is told with every change, the loudest first", async () => {
    const [room, heard] = await join();
    expect(talking(room)).toEqual([false, false]);
    await speak(PORCH);
    expect(heard.names).toEqual(["participant-started-talking", "active-speakers-changed"]);
    expect(heard.payload("participant-started-talking")).toMatchObject({
      participant: { callId: PORCH, media: { audio: { talking: true } } },
    });
    await speak(KITCHEN, PORCH);
    expect(talking(room)).toEqual([true, true]);
    expect(heard.payload("active-speakers-changed")).toMatchObject({
      participants: [{ callId: KITCHEN }, { callId: PORCH }],
    });
    await speak(KITCHEN);
    expect(heard.payload("participant-stopped-talking")).toMatchObject({
      participant: { callId: PORCH, media: { audio: { talking: false } } },
    });
    expect(talking(room)).toEqual([true, false]);
  });

  it("is this side too", async () => {
    const [, heard] = await join();
    await speak(DESK);
    await speak(DESK, KITCHEN);
    await speak(KITCHEN);
    expect(heard.names.filter((name) => name !== "active-speakers-changed")).toEqual([
      "started-talking",
      "participant-started-talking",
      "stopped-talking",
    ]);
    expect(heard.payload("active-speakers-changed")).toMatchObject({ participants: [{ callId: KITCHEN }] });
  });

  it("ends for a participant that leaves, and ignores strangers", async () => {
    const [room, heard] = await join();
    await speak(PORCH, "somebody-else");
    await server().says({ type: "participant.left", callId: DESK, participantId: PORCH });
    await server().says({ type: "participant.joined", callId: DESK, participant: participant(PORCH, "porch") });
    expect(talking(room)).toEqual([false, false]);
    await speak();
    expect(heard.names).toEqual([
      "participant-started-talking",
      "active-speakers-changed",
      "participant-left",
      "participant-joined",
      "active-speakers-changed",
    ]);
  });
});

describe("who speaks in a call between two", () => {
  it("is told for this side", async () => {
    await connect();
    const heard = listen(client().callWebrtc("kitchen"));
    await server().hears("call.start");
    await server().replies("call.start", { callId: DESK });
    await server().hears("media.offer");
    await server().replies("media.offer", { sdp: "answer 1" });
    const participants = [participant(KITCHEN, "kitchen")];
    await server().says({
      type: "call.established",
      callId: DESK,
      participants,
      slots: [slot(0, KITCHEN)],
      videoSlots: 4,
    });
    await speak(KITCHEN, DESK);
    await speak(KITCHEN);
    expect(heard.names).toEqual(["established", "started-talking", "stopped-talking"]);
  });
});
