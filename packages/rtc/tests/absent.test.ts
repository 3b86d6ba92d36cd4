import { describe, expect, it } from "vitest";
import type { RoomCall } from "../src/api/calls.js";
import { DESK, type Heard, harness, KITCHEN, listen, NORMAL, PORCH, participant, slot } from "./harness.js";

const { server, client, connect, reconnect } = harness();

const KITCHEN_IN = participant(KITCHEN, "kitchen");
const PORCH_IN = participant(PORCH, "porch");
const sayWhoIsThere = () =>
  server().says({
    type: "room.joined",
    callId: DESK,
    name: "standup",
    participants: [KITCHEN_IN, PORCH_IN],
    slots: [slot(0, KITCHEN), slot(1, PORCH)],
    videoSlots: 4,
  });

async function join(): Promise<[RoomCall, Heard]> {
  await connect();
  const room = client().joinRoom("standup");
  await server().hears("room.join");
  await server().replies("room.join", { callId: DESK });
  await server().hears("media.offer");
  await server().replies("media.offer", { sdp: "answer 1" });
  await sayWhoIsThere();
  return [room, listen(room)];
}

const absent = (...ids: string[]) => server().says({ type: "absent.changed", callId: DESK, absent: ids });

describe("participants from whom nothing arrives", () => {
  it("are disconnected until something does", async () => {
    const [room, heard] = await join();
    const disconnected = () => room.participants().map((one) => one.disconnected);
    await absent(KITCHEN);
    expect(heard.payload("participant-disconnected")).toMatchObject({
      participant: { callId: KITCHEN, disconnected: true },
    });
    expect(disconnected()).toEqual([true, false]);
    await absent(KITCHEN, PORCH);
    await absent(PORCH);
    expect(heard.payload("participant-reconnected")).toMatchObject({
      participant: { callId: KITCHEN, disconnected: false },
    });
    expect(disconnected()).toEqual([false, true]);
    expect(heard.names).toEqual(["participant-disconnected", "participant-disconnected", "participant-reconnected"]);
  });

  it("leave without being reconnected", async () => {
    const [, heard] = await join();
    await absent(KITCHEN);
    await server().says({ type: "participant.left", callId: DESK, participantId: KITCHEN });
    await absent();
    expect(heard.names).toEqual(["participant-disconnected", "participant-left"]);
  });

  it("are there again when a platform that was started again does not say otherwise", async () => {
    const [, heard] = await join();
    await absent(KITCHEN);
    await reconnect();
    await server().says({ type: "session.restored", calls: [DESK] });
    await sayWhoIsThere();
    expect(heard.names).toEqual(["participant-disconnected", "participant-reconnected"]);
  });

  it("are the other side, in a call between two", async () => {
    await connect();
    const call = client().callWebrtc("kitchen");
    await server().hears("call.start");
    await server().replies("call.start", { callId: DESK });
    await server().hears("media.offer");
    await server().replies("media.offer", { sdp: "answer 1" });
    await absent(KITCHEN);
    await server().says({
      type: "call.established",
      callId: DESK,
      participants: [KITCHEN_IN],
      slots: [slot(0, KITCHEN)],
      videoSlots: 4,
    });
    const heard = listen(call);
    await absent(KITCHEN);
    await absent();
    expect(heard.names).toEqual(["remote-disconnected", "remote-reconnected"]);
    expect([heard.payload("remote-disconnected"), heard.payload("remote-reconnected")]).toEqual([{}, {}]);
    await absent(KITCHEN);
    await server().says({ type: "call.ended", callId: DESK, reason: NORMAL });
    await absent();
    expect(heard.names.slice(2)).toEqual(["remote-disconnected", "hangup"]);
  });
});
