import { describe, expect, it } from "vitest";
import type { RoomCall } from "../src/api/calls.js";
import { CallStatus } from "../src/api/enums.js";
import { DESK, endpoint, type Heard, harness, KITCHEN, listen, NORMAL, PORCH, participant, slot } from "./harness.js";

const { server, client, media, medias, log, connect, reconnect, incoming, wait } = harness();

const KITCHEN_IN = participant(KITCHEN, "kitchen");

async function join(): Promise<[RoomCall, Heard]> {
  await connect();
  const room = client().joinRoom("standup");
  await server().hears("room.join", { id: 2 });
  await server().replies("room.join", { callId: DESK });
  await server().hears("media.offer", { id: 3 });
  await server().replies("media.offer", { sdp: "answer 1" });
  await server().says(roomWith(KITCHEN_IN));
  return [room, listen(room)];
}

const roomWith = (...participants: (typeof KITCHEN_IN)[]) =>
  ({
    type: "room.joined",
    callId: DESK,
    name: "standup",
    participants,
    slots: participants.map(({ id }, index) => slot(index, id)),
    videoSlots: 4,
  }) as const;

/** The platform's process is killed; the next one knows these calls of the session. */
async function restart(...calls: string[]): Promise<void> {
  await reconnect();
  await server().says({ type: "session.restored", calls });
}

describe("a platform that was killed and started again", () => {
  it("has the calls go on over the media connection that they have", async () => {
    const [room, heard] = await join();
    await restart(DESK);
    await server().says(roomWith(KITCHEN_IN));
    expect(heard.names).toEqual([]);
    expect([room.status(), media().closed, medias().length]).toEqual([CallStatus.ESTABLISHED, false, 1]);
    await server().hearsNothing();
    expect(log().warn).not.toHaveBeenCalled();
  });

  it("has what happened meanwhile told as what is different now", async () => {
    const [room, heard] = await join();
    await restart(DESK);
    await server().says(roomWith(participant(PORCH, "porch"), { ...KITCHEN_IN, microphone: false }));
    expect(heard.names).toEqual(["participant-joined", "participant-muted"]);
    expect(room.participants().map(({ callId }) => callId)).toEqual([PORCH, KITCHEN]);
    await wait(10_000);
    await restart(DESK);
    await server().says(roomWith(participant(PORCH, "porch")));
    expect(heard.names.slice(2)).toEqual(["participant-left"]);
  });

  it("lets nobody speak until it says so", async () => {
    const [, heard] = await join();
    await server().says({ type: "speakers.changed", callId: DESK, speakers: [KITCHEN] });
    await restart(DESK);
    await server().says(roomWith(KITCHEN_IN));
    expect(heard.names).toEqual([
      "participant-started-talking",
      "active-speakers-changed",
      "participant-stopped-talking",
      "active-speakers-changed",
    ]);
  });

  it("ends the calls that it does not know any more", async () => {
    const [, heard] = await join();
    await restart();
    await wait(0);
    expect(heard.names).toEqual(["room-left"]);
    expect(heard.payload("room-left")).toMatchObject({ errorCode: { id: "10308", name: "NETWORK_ERROR" } });
    expect(media().closed).toBe(true);
  });

  it("ends those that ended meanwhile with their reasons", async () => {
    const [, heard] = await join();
    await restart(DESK);
    await server().says({ type: "call.ended", callId: DESK, reason: NORMAL });
    await wait(0);
    expect(heard.payload("room-left")).toMatchObject({ errorCode: { id: "10000", name: "NORMAL_HANGUP" } });
  });

  it("lets a call ring once", async () => {
    await connect();
    const call = await incoming();
    const heard = listen(client());
    await restart(DESK);
    await server().says({
      type: "call.incoming",
      callId: DESK,
      from: endpoint("kitchen", "Kitchen"),
      camera: false,
      customData: {},
    });
    expect(heard.names).toEqual(["reconnecting", "reconnected"]);
    expect(call.status()).toBe(CallStatus.RINGING);
  });

  it("answers a start that it had stored, or carries it out: the call begins once", async () => {
    await connect();
    const call = client().callWebrtc("kitchen");
    await server().hears("call.start", { id: 2 });
    await restart(DESK);
    await server().hears("call.start", { id: 2 });
    await server().says({ type: "call.ringing", callId: DESK });
    await server().replies("call.start", { callId: DESK });
    await server().hears("media.offer", { callId: DESK });
    await server().replies("media.offer", { sdp: "answer 1" });
    expect([call.id(), call.status()]).toEqual([DESK, CallStatus.RINGING]);
  });

  it("finds its clients coming back every second or two, for as long as it keeps their sessions", async () => {
    await join();
    server().closes(1006);
    await wait(0);
    for (let attempt = 0; attempt < 8; attempt += 1) {
      server().closes(1006);
      const sockets = server().urls.length;
      await wait(1_500);
      expect(server().urls.length).toBe(sockets + 1);
    }
    client().disconnect();
  });
});
