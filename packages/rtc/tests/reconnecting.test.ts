import type { Participant, SessionOpened } from "@ringback/protocol";
import { describe, expect, it } from "vitest";
import type { RoomCall, WebrtcCall } from "../src/api/calls.js";
import { CallStatus } from "../src/api/enums.js";
import type { RoomCallWishes } from "../src/api/options.js";
import { REJOIN_PATIENCE } from "../src/calls/reconnection.js";
import { DESK, type Heard, harness, KITCHEN, listen, NORMAL, PORCH, participant, SESSION, slot } from "./harness.js";

const { server, client, media, medias, log, connect, findNetwork, wait } = harness();

const DESK_AGAIN = "5f0c2a51-6f4e-4c8e-9d6e-0d2f6c1b7a11";
const NEXT_SESSION: SessionOpened = {
  ...SESSION,
  sessionId: "0b7d9c3e-0000-4000-8000-000000000002",
  resumeKey: "k2",
};
const NETWORK_ERROR = { id: 10308, name: "NETWORK_ERROR", description: "The network connection was lost." };
const KITCHEN_IN = participant(KITCHEN, "kitchen", { camera: true });
const PORCH_IN = participant(PORCH, "porch");

/** What the platform says of the room when this side's media is connected. */
const roomWith = (callId: string, ...participants: Participant[]) =>
  ({
    type: "room.joined",
    callId,
    name: "standup",
    participants,
    slots: participants.map(({ id, camera }, index) => slot(index, id, camera ? 20 + index : null)),
    videoSlots: 4,
  }) as const;

/** In a room with the kitchen, whose camera is on; media flows. */
async function join(wishes: RoomCallWishes = {}): Promise<[RoomCall, Heard]> {
  await connect();
  const room = client().joinRoom("standup", { customData: { desk: "4" }, ...wishes });
  const heard = listen(room);
  await server().hears("room.join");
  await server().replies("room.join", { callId: DESK });
  await server().hears("media.offer", { callId: DESK, connection: 1 });
  await server().replies("media.offer", { sdp: "answer 1" });
  await server().says(roomWith(DESK, KITCHEN_IN));
  media().flows();
  return [room, heard];
}

/** In a call with the kitchen; media flows. */
async function establish(): Promise<[WebrtcCall, Heard]> {
  await connect();
  const call = client().callWebrtc("kitchen");
  const heard = listen(call);
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
  media().flows();
  return [call, heard];
}

/** The socket is lost, and the platform does not know the session any more: there is a new one. */
async function loseSession(welcome: SessionOpened = NEXT_SESSION): Promise<void> {
  server().closes(1006);
  await wait(250);
  server().opens();
  await server().hears("hello");
  await server().replies("hello", welcome);
}

/** The platform lets the room begin again, up to the answer to the first offer. */
async function rejoin(connection = 2): Promise<void> {
  await server().hears("room.join", { name: "standup", customData: { desk: "4" } });
  await server().replies("room.join", { callId: DESK_AGAIN });
  await server().hears("media.offer", { callId: DESK_AGAIN, connection });
  await server().replies("media.offer", { sdp: `answer ${connection}` });
}

/** The path is lost: the socket is probed, and a new path is looked for. */
async function losePath(): Promise<void> {
  media().losePath();
  await server().hears("ping");
  await server().replies("ping", {});
  await server().hears("media.offer");
  await server().replies("media.offer", { sdp: "answer" });
}

describe("a call whose path is lost", () => {
  it("is reconnecting until packets arrive again: an answer is not enough", async () => {
    const [call, heard] = await establish();
    await losePath();
    expect(heard.names).toEqual(["established", "reconnecting"]);
    media().flows();
    media().flows();
    expect(heard.names).toEqual(["established", "reconnecting", "reconnected"]);
    expect([heard.payload("reconnecting"), heard.payload("reconnected")]).toEqual([{}, {}]);
    expect([call.status(), media().restarts]).toEqual([CallStatus.ESTABLISHED, 1]);
  });

  it("tells each loss", async () => {
    const [, heard] = await establish();
    for (let loss = 0; loss < 2; loss += 1) {
      await losePath();
      media().flows();
    }
    expect(heard.names.slice(1)).toEqual(["reconnecting", "reconnected", "reconnecting", "reconnected"]);
  });

  it("tells nothing before media has flowed", async () => {
    await connect();
    const call = client().callWebrtc("kitchen");
    const heard = listen(call);
    await server().hears("call.start");
    await server().replies("call.start", { callId: DESK });
    await server().hears("media.offer");
    await server().replies("media.offer", { sdp: "answer 1" });
    await losePath();
    media().flows();
    expect(heard.names).toEqual([]);
  });

  it("ends without being told reconnected", async () => {
    const [call, heard] = await establish();
    await losePath();
    call.hangup();
    await server().hears("call.hangUp");
    await server().replies("call.hangUp", {});
    media().flows();
    await server().says({ type: "call.ended", callId: DESK, reason: NORMAL });
    expect(heard.names).toEqual(["established", "reconnecting", "hangup"]);
  });
});

describe("a device that finds another network", () => {
  it("has a new path looked for in all its calls at once, and nothing is told of it", async () => {
    const [, heard] = await establish();
    findNetwork();
    await server().hears("ping");
    await server().replies("ping", {});
    await server().hears("media.offer", { connection: 1 });
    await server().replies("media.offer", { sdp: "answer 2" });
    expect([media().restarts, heard.names.join()]).toEqual([1, "established"]);
  });

  it("does not hurry a room for which there is no call", async () => {
    await join();
    await loseSession();
    await server().hears("room.join");
    findNetwork();
    await server().hears("ping");
    await server().replies("ping", {});
    await server().replies("room.join", { callId: DESK_AGAIN });
    await server().hears("media.offer", { callId: DESK_AGAIN });
    await server().replies("media.offer", { sdp: "answer 2" });
    expect(media().restarts).toBe(0);
  });
});

describe("a call whose media the platform has lost", () => {
  it("is reconnecting until the next connection carries something", async () => {
    const [, heard] = await establish();
    await server().says({ type: "media.lost", callId: DESK });
    await server().hears("media.offer", { connection: 2 });
    await server().replies("media.offer", { sdp: "answer 2" });
    expect(heard.names).toEqual(["established", "reconnecting"]);
    media().flows();
    expect(heard.names).toEqual(["established", "reconnecting", "reconnected"]);
  });

  it("of two ends when the platform has given up its session: the other side has hung up", async () => {
    const [call, heard] = await establish();
    await loseSession();
    await wait(0);
    expect([call.status(), heard.names.join()]).toEqual([CallStatus.FINISHED, "established,hangup"]);
    expect(heard.payload("hangup")).toMatchObject({ errorCode: { name: "NETWORK_ERROR" } });
  });
});

describe("a room whose session the platform has given up", () => {
  it("is joined again under another id, with the streams that there were", async () => {
    const [room, heard] = await join();
    const before = heard.payload("participant-camera-video-added") as { stream: MediaStream };
    await loseSession();
    expect(room.id()).toBe(DESK);
    await rejoin();
    await server().says(roomWith(DESK_AGAIN, KITCHEN_IN));
    expect(heard.names).toEqual(["room-joined", "participant-camera-video-added", "reconnecting"]);
    media().flows();
    expect(heard.names.slice(3)).toEqual(["reconnected"]);
    expect([room.id(), room.status(), medias().length, media().closed]).toEqual([
      DESK_AGAIN,
      CallStatus.ESTABLISHED,
      1,
      false,
    ]);
    expect(media().showVideo(KITCHEN, 0)).toBe(before.stream);
    expect(log().warn).not.toHaveBeenCalled();
  });

  it("tells what has changed meanwhile between reconnecting and reconnected", async () => {
    const [room, heard] = await join();
    await loseSession();
    await rejoin();
    media().flows();
    await server().says(roomWith(DESK_AGAIN, PORCH_IN, { ...KITCHEN_IN, microphone: false, camera: false }));
    media().flows();
    expect(heard.names.slice(2)).toEqual([
      "reconnecting",
      "participant-joined",
      "participant-muted",
      "participant-camera-video-removed",
      "reconnected",
    ]);
    expect(room.participants().map(({ callId }) => callId)).toEqual([PORCH, KITCHEN]);
  });

  it("goes on with what this side sends: microphone, camera and screen", async () => {
    const [room, heard] = await join();
    const changes = [room.mute(true), room.cameraVideo(true), room.startScreenShare()];
    await server().hears("media.update", { microphone: false, camera: true, screen: true });
    await server().replies("media.update", {});
    await Promise.all(changes);
    await loseSession();
    await server().hears("room.join", { name: "standup", microphone: false, camera: true });
    await server().replies("room.join", { callId: DESK_AGAIN });
    await server().hears("media.offer", { callId: DESK_AGAIN });
    await server().replies("media.offer", { sdp: "answer 2" });
    await server().hears("media.update", { callId: DESK_AGAIN, screen: true });
    await server().replies("media.update", {});
    expect([room.muted(), room.hasCameraVideo(), room.hasScreenShare()]).toEqual([true, true, true]);
    expect(heard.names.at(-1)).toBe("reconnecting");
  });

  it("takes what is changed while there is no call: it is said with the next one", async () => {
    const [room, heard] = await join();
    server().closes(1006);
    const muted = room.mute(true);
    await wait(0);
    server().opens();
    await server().hears("hello");
    await server().replies("hello", NEXT_SESSION);
    await muted;
    await server().hears("room.join", { microphone: false });
    await room.cameraVideo(true);
    await server().replies("room.join", { callId: DESK_AGAIN });
    await server().hears("media.offer");
    await server().replies("media.offer", { sdp: "answer 2" });
    await server().hears("media.update", { callId: DESK_AGAIN, camera: true });
    await server().replies("media.update", {});
    expect(heard.names).not.toContain("error");
  });

  it("stops sharing when the platform does not take the share again", async () => {
    const [room, heard] = await join();
    const shared = room.startScreenShare();
    await server().hears("media.update", { screen: true });
    await server().replies("media.update", {});
    await shared;
    await loseSession();
    await rejoin();
    await server().hears("media.update", { screen: true });
    await server().refuses("media.update", "INVALID_STATE");
    await wait(0);
    expect([room.hasScreenShare(), media().screen]).toEqual([false, false]);
    expect(heard.names.slice(-2)).toEqual(["screen-share-removed", "error"]);
  });

  it("is joined again when the platform has hung it up for the same reason, and still knows the session", async () => {
    const [room, heard] = await join();
    await server().says({ type: "media.lost", callId: DESK });
    await server().hears("media.offer", { connection: 2 });
    await server().refuses("media.offer", "CALL_NOT_FOUND");
    await server().says({ type: "call.ended", callId: DESK, reason: NETWORK_ERROR });
    await rejoin(3);
    await server().says(roomWith(DESK_AGAIN, KITCHEN_IN));
    media().flows();
    expect(heard.names.slice(2)).toEqual(["reconnecting", "reconnected"]);
    await wait(25_000);
    await server().hears("ping");
    await server().replies("ping", {});
    expect(room.status()).toBe(CallStatus.ESTABLISHED);
  });

  it("is asked for again while the platform cannot, and when the next session is lost too", async () => {
    const [room, heard] = await join();
    await loseSession();
    await server().hears("room.join");
    await server().refuses("room.join", "SERVICE_UNAVAILABLE");
    await wait(999);
    await server().hearsNothing();
    await wait(1);
    await server().hears("room.join");
    await loseSession({ ...NEXT_SESSION, sessionId: "0b7d9c3e-0000-4000-8000-000000000003" });
    await wait(1_000);
    await rejoin();
    await server().says(roomWith(DESK_AGAIN, KITCHEN_IN));
    media().flows();
    expect(heard.names.slice(2)).toEqual(["reconnecting", "reconnected"]);
    expect(room.id()).toBe(DESK_AGAIN);
  });

  it("may be given up again before it is whole, and is told once", async () => {
    const [, heard] = await join();
    await loseSession();
    await rejoin();
    await server().says({ type: "call.ended", callId: DESK_AGAIN, reason: NETWORK_ERROR });
    await rejoin(3);
    await server().says(roomWith(DESK_AGAIN, KITCHEN_IN));
    media().flows();
    expect(heard.names.slice(2)).toEqual(["reconnecting", "reconnected"]);
  });

  it("ends when the application does not want it joined again, and a shorter loss does not end it", async () => {
    const [room, heard] = await join({ autoReconnect: false });
    await losePath();
    media().flows();
    await loseSession();
    await wait(0);
    expect(room.status()).toBe(CallStatus.FINISHED);
    expect(heard.names.slice(2)).toEqual(["reconnecting", "reconnected", "room-left"]);
    expect(heard.payload("room-left")).toMatchObject({ errorCode: { name: "NETWORK_ERROR" } });
  });

  it("tells it by the older names too", async () => {
    const [room] = await join();
    const older: unknown[] = [];
    room.on("room-rejoining", (event) => older.push(event));
    room.on("room-rejoined", ({ id, name, stream }) => older.push([id, name, stream.id]));
    await loseSession();
    await rejoin();
    await server().says(roomWith(DESK_AGAIN, KITCHEN_IN));
    media().flows();
    expect(older).toEqual([{}, [DESK_AGAIN, "standup", "remote-audio"]]);
  });

  it("ends when the platform does not want it any more", async () => {
    const [room, heard] = await join();
    await loseSession();
    await server().hears("room.join");
    await server().refuses("room.join", "UNAUTHENTICATED");
    await wait(0);
    expect(room.status()).toBe(CallStatus.FINISHED);
    expect(heard.names.slice(2)).toEqual(["reconnecting", "room-left"]);
    expect(heard.payload("room-left")).toMatchObject({ errorCode: { name: "UNAUTHENTICATED" } });
  });

  it("ends after two minutes of trying", async () => {
    const [room, heard] = await join();
    server().closes(1006);
    await wait(90_000 - 1);
    expect(heard.names.at(-1)).toBe("participant-camera-video-added");
    await wait(1);
    expect(heard.names.at(-1)).toBe("reconnecting");
    await wait(REJOIN_PATIENCE - 1);
    expect(room.status()).toBe(CallStatus.ESTABLISHED);
    await wait(1);
    expect(heard.names.at(-1)).toBe("room-left");
    expect(heard.payload("room-left")).toMatchObject({ errorCode: { name: "NETWORK_ERROR" } });
    expect(media().closed).toBe(true);
    client().disconnect();
  });

  it("is left at once while there is no call, and a late one is left too", async () => {
    const [room, heard] = await join();
    await loseSession();
    await server().hears("room.join");
    room.leave();
    await wait(0);
    expect(heard.names.slice(2)).toEqual(["reconnecting", "room-left"]);
    expect(heard.payload("room-left")).toMatchObject({ errorCode: { name: "NORMAL_HANGUP" } });
    await server().replies("room.join", { callId: DESK_AGAIN });
    await server().hears("room.leave", { callId: DESK_AGAIN });
    await server().replies("room.leave", {});
    await server().says({ type: "call.ended", callId: DESK_AGAIN, reason: NORMAL });
    expect(heard.names.slice(2)).toEqual(["reconnecting", "room-left"]);
  });

  it("ends with its client", async () => {
    const [, heard] = await join();
    server().closes(1006);
    await wait(90_000);
    client().disconnect();
    await wait(0);
    expect(heard.names.slice(2)).toEqual(["reconnecting", "room-left"]);
    expect(heard.payload("room-left")).toMatchObject({ errorCode: { name: "NORMAL_HANGUP" } });
  });
});
