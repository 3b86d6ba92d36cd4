import { describe, expect, it } from "vitest";
import type { WebrtcCall } from "../src/api/calls.js";
import { CallStatus } from "../src/api/enums.js";
import { DESK, type Heard, harness, KITCHEN, listen, NORMAL, participant, SESSION, slot } from "./harness.js";

const { server, client, media, medias, log, connect, reconnect, findNetwork, incoming, wait } = harness();

const RESUME = { sessionId: SESSION.sessionId, resumeKey: "k-of-desk" };
const KITCHEN_IN = participant(KITCHEN, "kitchen");

async function establish(): Promise<[WebrtcCall, Heard]> {
  await connect();
  const call = client().callWebrtc("kitchen");
  await server().hears("call.start", { id: 2 });
  await server().replies("call.start", { callId: DESK });
  await server().hears("media.offer", { id: 3 });
  await server().replies("media.offer", { sdp: "answer 1" });
  await server().says({
    type: "call.established",
    callId: DESK,
    participants: [KITCHEN_IN],
    slots: [slot(0, KITCHEN)],
    videoSlots: 4,
  });
  return [call, listen(call)];
}

/** The socket is lost, and the next one opens. */
async function loseSocket(): Promise<void> {
  server().closes(1006);
  await wait(0);
  server().opens();
}

const kitchenMutes = (microphone: boolean) =>
  server().says({ type: "participant.updated", callId: DESK, participant: { ...KITCHEN_IN, microphone } });

describe("a lost socket", () => {
  it("is replaced at once, and the calls go on", async () => {
    const [call, heard] = await establish();
    const heardByClient = listen(client());
    server().closes(1006);
    expect(heardByClient.names).toEqual(["reconnecting"]);
    await wait(0);
    server().opens();
    await server().hears("hello", { id: 4, token: "token", resume: { ...RESUME, lastSequence: 1 } });
    await server().replies("hello", { ...SESSION, resumed: true });
    expect(heardByClient.names).toEqual(["reconnecting", "reconnected"]);
    await kitchenMutes(false);
    expect(heard.names).toEqual(["remote-muted"]);
    expect([call.status(), media().closed, medias().length]).toEqual([CallStatus.ESTABLISHED, false, 1]);
    call.hangup();
    await server().hears("call.hangUp", { id: 5, callId: DESK });
    await server().replies("call.hangUp", {});
    await server().says({ type: "call.ended", callId: DESK, reason: NORMAL });
    expect(heard.names).toEqual(["remote-muted", "hangup"]);
  });

  it("costs no event and repeats none", async () => {
    const [, heard] = await establish();
    const muted = await kitchenMutes(false);
    await reconnect();
    await server().sends(muted);
    await kitchenMutes(true);
    expect(heard.names).toEqual(["remote-muted", "remote-unmuted"]);
    expect(log().warn).toHaveBeenCalledOnce();
  });

  it("has the requests that were not answered sent again, with their old ids, before newer ones", async () => {
    const [call] = await establish();
    const muted = call.mute(true);
    await server().hears("media.update", { id: 4, microphone: false });
    server().closes(1006);
    const camera = call.cameraVideo(true);
    await wait(0);
    server().opens();
    await server().hears("hello", { id: 5 });
    await server().hearsNothing();
    await server().replies("hello", { ...SESSION, resumed: true });
    await server().hears("media.update", { id: 4, microphone: false });
    await server().replies("media.update", {});
    await server().hears("media.update", { id: 6, camera: true });
    await server().replies("media.update", {});
    await Promise.all([muted, camera]);
    expect(log().warn).not.toHaveBeenCalled();
  });

  it("leaves a start without its answer: the call begins once", async () => {
    await connect();
    const call = client().callWebrtc("kitchen");
    const heard = listen(call);
    await server().hears("call.start", { id: 2 });
    await reconnect();
    await server().hears("call.start", { id: 2 });
    await server().replies("call.start", { callId: DESK });
    await server().hears("media.offer", { callId: DESK });
    await server().replies("media.offer", { sdp: "answer 1" });
    await server().says({ type: "call.ringing", callId: DESK });
    expect([call.id(), heard.names.join()]).toEqual([DESK, "ringing"]);
  });

  it("gives its calls newer credentials for TURN servers", async () => {
    await establish();
    const iceServers = [{ urls: ["turn:turn.example.org"], username: "1795422600:s", credential: "x" }];
    expect(await media().iceServers()).toEqual([]);
    await reconnect({ iceServers });
    expect(await media().iceServers()).toEqual(iceServers);
  });

  it("has its pings forgotten", async () => {
    await connect();
    await wait(20_000);
    await server().hears("ping", { id: 2 });
    await loseSocket();
    await server().hears("hello", { id: 3 });
    await server().replies("hello", { ...SESSION, resumed: true });
    await server().hearsNothing();
    await wait(20_000);
    await server().hears("ping", { id: 4 });
    await server().replies("ping", {});
  });

  it("lets calls that ring go on ringing", async () => {
    await connect();
    const call = await incoming();
    const heard = listen(call);
    await reconnect();
    call.decline();
    await server().hears("call.decline", { callId: DESK });
    await server().replies("call.decline", {});
    await server().says({ type: "call.ended", callId: DESK, reason: NORMAL });
    expect(heard.names).toEqual(["hangup"]);
  });

  it("stops the time of the requests", async () => {
    const [call, heard] = await establish();
    const muted = call.mute(true);
    await server().hears("media.update");
    server().closes(1006);
    for (let attempt = 0; attempt < 4; attempt += 1) {
      await wait(5_000);
      if (attempt < 3) server().closes(1006);
    }
    server().opens();
    await server().hears("hello");
    await server().replies("hello", { ...SESSION, resumed: true });
    await server().hears("media.update", { microphone: false });
    await wait(9_000);
    await server().replies("media.update", {});
    await muted;
    expect(heard.names).toEqual([]);
  });

  it("does not keep a hang-up from ending the call here in time", async () => {
    const [call, heard] = await establish();
    server().closes(1006);
    call.hangup();
    await wait(2_000);
    expect(heard.names).toEqual(["hangup"]);
    server().opens();
    await server().hears("hello");
    await server().replies("hello", { ...SESSION, resumed: true });
    await server().hears("call.hangUp");
    await server().replies("call.hangUp", {});
    await server().says({ type: "call.ended", callId: DESK, reason: NORMAL });
    expect(heard.names).toEqual(["hangup"]);
  });

  it("that is lost again and again is replaced more and more slowly", async () => {
    await connect();
    await reconnect();
    const sockets = server().urls.length;
    server().closes(1006);
    await wait(180);
    expect(server().urls).toHaveLength(sockets);
    await wait(10);
    expect(server().urls).toHaveLength(sockets + 1);
    server().opens();
    await server().hears("hello");
    await server().replies("hello", { ...SESSION, resumed: true });
    await wait(10_000);
    server().closes(1006);
    await wait(0);
    expect(server().urls).toHaveLength(sockets + 2);
    client().disconnect();
  });

  it("takes no request down with it more than three times", async () => {
    const [call, heard] = await establish();
    const muted = call.mute(true);
    await server().hears("media.update");
    for (const again of [true, true, false]) {
      server().closes(1009);
      await wait(1_000);
      server().opens();
      await server().hears("hello");
      await server().replies("hello", { ...SESSION, resumed: true });
      if (again) await server().hears("media.update");
    }
    await server().hearsNothing();
    await expect(muted).rejects.toMatchObject({ errorCode: { name: "NETWORK_ERROR" } });
    expect(heard.names).toEqual(["error"]);
  });
});

describe("a session that the platform has given up", () => {
  it("takes its calls with it", async () => {
    const [, heard] = await establish();
    const heardByClient = listen(client());
    await reconnect({ resumed: false, sessionId: "another", resumeKey: "another-key" });
    await wait(0);
    expect(heard.names).toEqual(["hangup"]);
    expect(heard.payload("hangup")).toMatchObject({ errorCode: { id: "10308", name: "NETWORK_ERROR" } });
    expect(heardByClient.names).toEqual(["reconnecting", "reconnected"]);
    const call = client().callWebrtc("kitchen");
    await server().hears("call.start", { id: 5 });
    await server().replies("call.start", { callId: KITCHEN });
    await server().hears("media.offer");
    await server().replies("media.offer", { sdp: "answer 1" });
    await server().says({ type: "call.ringing", callId: KITCHEN });
    expect(call.status()).toBe(CallStatus.RINGING);
    await wait(10_000);
    await loseSocket();
    await server().hears("hello", { resume: { sessionId: "another", resumeKey: "another-key", lastSequence: 1 } });
    await server().replies("hello", { ...SESSION, resumed: true });
  });

  it("is not waited for any longer than the platform can have kept it", async () => {
    const [, heard] = await establish();
    server().closes(1006);
    await wait(89_999);
    expect(heard.names).toEqual([]);
    await wait(1);
    expect(heard.names).toEqual(["hangup"]);
    await wait(10_000);
    server().opens();
    const hello = await server().hears("hello");
    expect(hello).not.toHaveProperty("resume");
    await server().replies("hello", SESSION);
  });

  it("is over when the token is refused", async () => {
    const [, heard] = await establish();
    const heardByClient = listen(client());
    await loseSocket();
    await server().hears("hello");
    await server().refuses("hello", "UNAUTHENTICATED");
    await wait(0);
    expect(heardByClient.names).toEqual(["reconnecting", "disconnected"]);
    expect(heard.payload("hangup")).toMatchObject({ errorCode: { name: "UNAUTHENTICATED" } });
  });

  it("is over when the token is revoked", async () => {
    const [, heard] = await establish();
    const heardByClient = listen(client());
    await server().sends(
      JSON.stringify({
        type: "error",
        id: null,
        code: "UNAUTHENTICATED",
        message: "the token was revoked",
        field: null,
      }),
    );
    server().closes(4401);
    await wait(60_000);
    expect(heardByClient.names).toEqual(["disconnected"]);
    expect(heardByClient.payload("disconnected")).toEqual({ reason: "UNAUTHENTICATED" });
    expect(heard.payload("hangup")).toMatchObject({ errorCode: { name: "UNAUTHENTICATED" } });
    expect(server().urls).toHaveLength(1);
  });

  it("is ended by a disconnect, for good", async () => {
    const [, heard] = await establish();
    client().disconnect();
    await wait(0);
    expect(server().closeCodes).toEqual([1000]);
    expect(heard.names).toEqual(["hangup"]);
    const connected = client().connect();
    server().opens();
    const hello = await server().hears("hello", { id: 1 });
    expect(hello).not.toHaveProperty("resume");
    await server().replies("hello", SESSION);
    await connected;
  });
});

describe("a network that comes back", () => {
  it("hurries the next attempt", async () => {
    await connect();
    server().closes(1006);
    for (const delay of [0, 188, 375]) {
      await wait(delay);
      server().closes(1006);
    }
    const sockets = server().urls.length;
    findNetwork();
    expect(server().urls).toHaveLength(sockets + 1);
    server().opens();
    await server().hears("hello");
    await server().replies("hello", { ...SESSION, resumed: true });
    await wait(5_000);
    expect(server().urls).toHaveLength(sockets + 1);
  });

  it("is another one when media does not pass and the socket is dead too, and the offer goes over that", async () => {
    await establish();
    media().losePath();
    await server().hears("ping");
    await server().hears("media.offer", { id: 5, sdp: "offer 2" });
    server().ignores("ping");
    await wait(5_000);
    server().opens();
    await server().hears("hello");
    await server().replies("hello", { ...SESSION, resumed: true });
    await server().hears("media.offer", { id: 5, sdp: "offer 2" });
    await server().replies("media.offer", { sdp: "answer 2" });
    expect(media().answers).toEqual(["answer 1", "answer 2"]);
  });

  it("makes sure that the socket still works", async () => {
    await connect();
    const heard = listen(client());
    findNetwork();
    await server().hears("ping");
    await server().replies("ping", {});
    await wait(5_000);
    expect(heard.names).toEqual([]);
    findNetwork();
    await server().hears("ping");
    server().ignores("ping");
    await wait(5_000);
    expect(heard.names).toEqual(["reconnecting"]);
    client().disconnect();
    findNetwork();
  });
});
