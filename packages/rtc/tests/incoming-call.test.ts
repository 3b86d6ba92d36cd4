import { describe, expect, it } from "vitest";
import { CallStatus } from "../src/api/enums.js";
import { errorCode, RtcError } from "../src/api/error-code.js";
import { DeclineOptions, WebrtcCallOptions } from "../src/api/options.js";
import { DESK, harness, KITCHEN, listen, NORMAL, participant, slot } from "./harness.js";

const { server, client, media, medias, prepareMedia, connect, incoming, wait } = harness();

const CANCELLED = { id: 10202, name: "CANCELLED", description: "The caller gave up." };
const REJECTED = { id: 10203, name: "REJECTED", description: "The call was declined." };

describe("an incoming call", () => {
  it("is told with what the caller says", async () => {
    await connect();
    const heard = listen(client());
    const call = await incoming(true);
    expect(heard.names).toEqual(["incoming-webrtc-call"]);
    expect(heard.payload("incoming-webrtc-call")).toEqual({ incomingCall: call, customData: { order: "17" } });
    expect([call.id(), call.status()]).toEqual([DESK, CallStatus.RINGING]);
    expect(call.source()).toMatchObject({ identifier: "kitchen", displayIdentifier: "Kitchen" });
    expect(call.counterpart()).toEqual(call.source());
    expect(call.destination()).toMatchObject({ identifier: "desk" });
    expect(call.customData()).toEqual({ order: "17" });
    expect([call.options.video, call.options().video]).toEqual([true, true]);
    expect(medias()).toHaveLength(0);
  });

  it("goes on ringing when it is answered with what cannot be meant", async () => {
    await connect();
    const call = await incoming();
    expect(() => call.accept({ video: "yes" as never })).toThrow(
      "The option video is to be true or false, not string.",
    );
    expect(call.status()).toBe(CallStatus.RINGING);
    call.decline(null as never);
    await server().hears("call.decline", { callId: DESK, onAllDevices: false });
    server().ignores("call.decline");
  });

  it("is hung up by the signal that it was answered with", async () => {
    await connect();
    const call = await incoming();
    const patience = new AbortController();
    call.accept({ signal: patience.signal });
    await server().hears("call.accept");
    await server().replies("call.accept", {});
    await server().hears("media.offer");
    server().ignores("media.offer");
    patience.abort();
    await server().hears("call.hangUp", { callId: DESK });
    server().ignores("call.hangUp");
  });

  it("is accepted: the offer follows without waiting for the reply", async () => {
    await connect();
    const call = await incoming();
    const heard = listen(call);
    call.accept(WebrtcCallOptions.builder().setVideo(true).build());
    call.accept();
    expect(call.status()).toBe(CallStatus.CONNECTING);
    await server().hears("call.accept", { callId: DESK, microphone: true, camera: true });
    await server().hears("media.offer", { callId: DESK, sdp: "offer 1" });
    await server().replies("media.offer", { sdp: "answer 1" });
    await server().replies("call.accept", {});
    await server().says({
      type: "call.established",
      callId: DESK,
      participants: [participant(KITCHEN, "kitchen", { camera: true })],
      slots: [slot(0, KITCHEN, 7)],
      videoSlots: 4,
    });
    expect(call.status()).toBe(CallStatus.ESTABLISHED);
    expect(call.options.video).toBe(true);
    expect(call.hasRemoteCameraVideo()).toBe(true);
    call.hangup();
    await server().hears("call.hangUp", { callId: DESK });
    await server().replies("call.hangUp", {});
    await server().says({ type: "call.ended", callId: DESK, reason: NORMAL });
    expect(heard.names).toEqual(["camera-video-added", "established", "remote-camera-video-added", "hangup"]);
  });

  it("is accepted with plain options", async () => {
    await connect();
    const call = await incoming();
    call.accept({ audio: false });
    await server().hears("call.accept", { microphone: false, camera: false });
    await server().replies("call.accept", {});
    await server().hears("media.offer");
    server().ignores("media.offer");
    expect(call.muted()).toBe(true);
    expect(media().microphone).toBe(false);
  });

  it.each([
    ["here", undefined, false],
    ["on all devices by built options", DeclineOptions.builder().setDeclineOnAllDevices(true).build(), true],
    ["on all devices by plain options", { declineOnAllDevices: true }, true],
  ])("is declined %s", async (_, options, onAllDevices) => {
    await connect();
    const call = await incoming();
    const heard = listen(call);
    call.decline(options);
    call.decline();
    call.accept();
    await server().hears("call.decline", { callId: DESK, onAllDevices });
    await server().replies("call.decline", {});
    await server().says({ type: "call.ended", callId: DESK, reason: REJECTED });
    expect(heard.names).toEqual(["hangup"]);
    expect(medias()).toHaveLength(0);
  });

  it("is declined by hanging up", async () => {
    await connect();
    const call = await incoming();
    const heard = listen(call);
    call.hangup();
    await server().hears("call.decline", { callId: DESK, onAllDevices: false });
    server().ignores("call.decline");
    await wait(2_000);
    expect(heard.names).toEqual(["hangup"]);
    expect(heard.payload("hangup")).toMatchObject({ errorCode: { id: "10203", name: "REJECTED" } });
  });

  it("ends when the caller gives up, and cannot be accepted then", async () => {
    await connect();
    const call = await incoming();
    const heard = listen(call);
    await server().says({ type: "call.ended", callId: DESK, reason: CANCELLED });
    expect(heard.names).toEqual(["hangup"]);
    expect(heard.payload("hangup")).toMatchObject({ errorCode: { id: "10202", name: "CANCELLED" } });
    call.accept();
    call.decline();
    await server().hearsNothing();
    expect(call.status()).toBe(CallStatus.FINISHED);
  });

  it("leaves the reason to the platform when it is accepted too late", async () => {
    await connect();
    const call = await incoming();
    const heard = listen(call);
    call.accept();
    await server().hears("call.accept");
    await server().hears("media.offer");
    await server().refuses("call.accept", "CALL_NOT_FOUND");
    await server().refuses("media.offer", "CALL_NOT_FOUND");
    expect(heard.names).toEqual([]);
    const reason = { id: 10001, name: "ANSWERED_ELSEWHERE", description: "Another device answered." };
    await server().says({ type: "call.ended", callId: DESK, reason });
    expect(heard.payload("hangup")).toMatchObject({ errorCode: { id: "10001", name: "ANSWERED_ELSEWHERE" } });
    expect(heard.names).toEqual(["hangup"]);
  });

  it("ends by itself when it is accepted too late and the platform says no reason", async () => {
    await connect();
    const call = await incoming();
    const heard = listen(call);
    call.accept();
    await server().hears("call.accept");
    await server().hears("media.offer");
    await server().refuses("call.accept", "INVALID_STATE");
    server().ignores("media.offer");
    await wait(2_000);
    expect(heard.names).toEqual(["hangup"]);
  });

  it("ends when the microphone is refused", async () => {
    await connect();
    prepareMedia((fake) => {
      fake.deviceError = new RtcError(errorCode("DEVICE_FORBIDDEN"));
    });
    const call = await incoming();
    const heard = listen(call);
    call.accept();
    await server().hears("call.accept");
    await server().hears("media.offer");
    await server().hears("call.hangUp", { callId: DESK });
    expect(heard.payload("hangup")).toMatchObject({ errorCode: { id: "10100", name: "DEVICE_FORBIDDEN" } });
    await server().replies("call.accept", {});
    await server().replies("media.offer", { sdp: "answer 1" });
    await server().replies("call.hangUp", {});
    await server().says({ type: "call.ended", callId: DESK, reason: NORMAL });
    expect(heard.names).toEqual(["hangup"]);
  });

  it("rings once, also when the platform says it twice", async () => {
    await connect();
    await incoming();
    const heard = listen(client());
    await server().says({
      type: "call.incoming",
      callId: DESK,
      from: { type: "WEBRTC", identity: "kitchen", displayName: null },
      camera: false,
      customData: {},
    });
    expect(heard.names).toEqual([]);
  });

  it("ends with the connection", async () => {
    await connect();
    const heard = listen(await incoming());
    client().disconnect();
    await wait(0);
    expect(heard.payload("hangup")).toMatchObject({ errorCode: { name: "NORMAL_HANGUP" } });
    expect(heard.names).toEqual(["hangup"]);
  });
});
