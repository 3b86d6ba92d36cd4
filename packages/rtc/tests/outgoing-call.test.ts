import type { CallEstablished } from "@ringback/protocol";
import { describe, expect, it } from "vitest";
import type { WebrtcCall } from "../src/api/calls.js";
import { CallStatus } from "../src/api/enums.js";
import { errorCode, RtcError } from "../src/api/error-code.js";
import { WebrtcCallOptions } from "../src/api/options.js";
import { DESK, endpoint, type Heard, harness, KITCHEN, listen, NORMAL, participant, slot } from "./harness.js";

const { server, client, log, media, medias, prepareMedia, connect, reconnect, wait } = harness();

const CREATED = { callId: DESK };
const ESTABLISHED: Omit<CallEstablished, "sequence"> = {
  type: "call.established",
  callId: DESK,
  participants: [participant(KITCHEN, "kitchen", { endpoint: endpoint("kitchen", "Kitchen") })],
  slots: [slot(0, KITCHEN)],
  videoSlots: 4,
};

/** The call up to the answer to its offer. */
async function place(): Promise<[WebrtcCall, Heard]> {
  await connect();
  const call = client().callWebrtc("kitchen");
  const heard = listen(call);
  await server().hears("call.start");
  await server().replies("call.start", CREATED);
  await server().hears("media.offer", { callId: DESK, sdp: "offer 1" });
  await server().replies("media.offer", { sdp: "answer 1" });
  return [call, heard];
}

async function establish(): Promise<[WebrtcCall, Heard]> {
  const [call, heard] = await place();
  await server().says({ type: "call.ringing", callId: DESK });
  await server().says(ESTABLISHED);
  return [call, heard];
}

describe("a call out", () => {
  it("rings, is answered, and ends when the other side hangs up", async () => {
    await connect();
    const options = WebrtcCallOptions.builder().setAudio(true).setVideo(true).setCustomData({ order: "17" }).build();
    const call = client().callWebrtc("kitchen", options);
    const heard = listen(call);
    expect([call.id(), call.status(), call.duration()]).toEqual(["", CallStatus.CALLING, 0]);
    await server().hears("call.start", {
      destination: { type: "WEBRTC", identity: "kitchen" },
      microphone: true,
      camera: true,
      customData: { order: "17" },
    });
    await server().replies("call.start", CREATED);
    await server().hears("media.offer", { callId: DESK });
    await server().says({ type: "call.ringing", callId: DESK });
    expect(call.status()).toBe(CallStatus.RINGING);
    await server().replies("media.offer", { sdp: "answer 1" });
    await wait(3_000);
    await server().says(ESTABLISHED);
    expect([call.id(), call.status()]).toEqual([DESK, CallStatus.ESTABLISHED]);
    expect(heard.payload("established")).toEqual({ stream: { id: "remote-audio" } });
    await wait(5_500);
    expect(call.duration()).toBe(5);
    await server().says({ type: "call.ended", callId: DESK, reason: NORMAL });
    expect(heard.names).toEqual(["camera-video-added", "ringing", "established", "hangup"]);
    expect(heard.payload("hangup")).toEqual({
      errorCode: { id: "10000", name: "NORMAL_HANGUP", description: NORMAL.description, remedy: "" },
      totalMediaStats: { totalAudioStats: null },
    });
    expect(call.status()).toBe(CallStatus.FINISHED);
    expect(call.endTime()).toEqual(new Date("2026-11-22T08:30:08.500Z"));
    await wait(5_000);
    expect(call.duration()).toBe(5);
    expect(media().closed).toBe(true);
  });

  it("knows its sides", async () => {
    const [call] = await establish();
    expect(call.source()).toMatchObject({ type: "WEBRTC", identifier: "desk", displayIdentifier: "Front desk" });
    expect(call.destination()).toMatchObject({ identifier: "kitchen", displayIdentifier: "Kitchen" });
    expect(call.counterpart()).toEqual(call.destination());
    expect(call.options()).toMatchObject({ audio: true, video: false, customData: {} });
    expect(call.startTime()).toEqual(new Date("2026-11-22T08:30:00Z"));
    expect(call.establishTime()).toEqual(new Date("2026-11-22T08:30:00Z"));
    await server().says({ type: "call.ended", callId: DESK, reason: NORMAL });
    expect(call.counterpart()).toMatchObject({ displayIdentifier: "Kitchen" });
  });

  it("ends when it is hung up here, and stops sending at once", async () => {
    const [call, heard] = await establish();
    call.hangup();
    call.hangup();
    expect(media().closed).toBe(true);
    await server().hears("call.hangUp", { callId: DESK });
    await server().replies("call.hangUp", {});
    expect(heard.names).toEqual(["ringing", "established"]);
    await server().says({ type: "call.ended", callId: DESK, reason: NORMAL });
    call.hangup();
    await wait(5_000);
    expect(heard.names).toEqual(["ringing", "established", "hangup"]);
  });

  it("ends with REJECTED when it is declined", async () => {
    const [, heard] = await place();
    await server().says({ type: "call.ringing", callId: DESK });
    const reason = { id: 10203, name: "REJECTED", description: "The call was declined." };
    await server().says({ type: "call.ended", callId: DESK, reason });
    expect(heard.names).toEqual(["ringing", "hangup"]);
    expect(heard.payload("hangup")).toMatchObject({ errorCode: { id: "10203", name: "REJECTED" } });
  });

  it("tells what the other side sends", async () => {
    const [call, heard] = await place();
    const muted = participant(KITCHEN, "kitchen", { microphone: false, state: "JOINING" });
    await server().says({ ...ESTABLISHED, participants: [muted] });
    await server().says({ type: "participant.joined", callId: DESK, participant: { ...muted, state: "JOINED" } });
    const unmuted = participant(KITCHEN, "kitchen");
    await server().says({ type: "participant.updated", callId: DESK, participant: unmuted });
    await server().says({ type: "participant.updated", callId: DESK, participant: { ...unmuted, camera: true } });
    expect(call.hasRemoteCameraVideo()).toBe(false);
    await server().says({ type: "slots.changed", callId: DESK, slots: [slot(0, KITCHEN, 7)], videoSlots: 4 });
    expect(call.hasRemoteCameraVideo()).toBe(true);
    expect(heard.payload("remote-camera-video-added")).toEqual({ stream: { id: KITCHEN } });
    await server().says({ type: "participant.updated", callId: DESK, participant: unmuted });
    await server().says({ type: "slots.changed", callId: DESK, slots: [slot(0, KITCHEN)], videoSlots: 4 });
    expect(call.hasRemoteCameraVideo()).toBe(false);
    expect(heard.names).toEqual([
      "established",
      "remote-muted",
      "remote-unmuted",
      "remote-camera-video-added",
      "remote-camera-video-removed",
    ]);
  });

  it("does not lose events that overtake the reply", async () => {
    await connect();
    const heard = listen(client().callWebrtc("kitchen"));
    await server().hears("call.start");
    await server().says({ type: "call.ringing", callId: DESK });
    await server().says({ type: "call.ringing", callId: "somebody else's" });
    await server().says(ESTABLISHED);
    expect(heard.names).toEqual([]);
    await server().replies("call.start", CREATED);
    expect(heard.names).toEqual(["ringing", "established"]);
    await server().hears("media.offer");
    await server().says({ type: "call.ended", callId: DESK, reason: NORMAL });
    server().ignores("media.offer");
    expect(heard.names).toEqual(["ringing", "established", "hangup"]);
  });

  it("waits for the connection that is being made", async () => {
    const connected = client().connect();
    const heard = listen(client().callWebrtc("kitchen"));
    await server().hearsNothing();
    server().opens();
    await server().hears("hello");
    await server().refuses("hello", "UNAUTHENTICATED");
    await expect(connected).rejects.toBeInstanceOf(RtcError);
    expect(heard.names).toEqual(["hangup"]);
    expect(heard.payload("hangup")).toMatchObject({ errorCode: { name: "UNAUTHENTICATED" } });
  });
});

describe("the end comes exactly once", () => {
  it("when the platform does not answer a hang-up", async () => {
    const [call, heard] = await establish();
    call.hangup();
    await server().hears("call.hangUp");
    server().ignores("call.hangUp");
    await wait(1_999);
    expect(heard.names).not.toContain("hangup");
    await wait(1);
    expect(heard.names.filter((name) => name === "hangup")).toHaveLength(1);
    expect(heard.payload("hangup")).toMatchObject({ errorCode: { name: "NORMAL_HANGUP" } });
    await server().says({ type: "call.ended", callId: DESK, reason: NORMAL });
    expect(heard.names.filter((name) => name === "hangup")).toHaveLength(1);
  });

  it("when both sides hang up at once", async () => {
    const [call, heard] = await establish();
    call.hangup();
    await server().says({ type: "call.ended", callId: DESK, reason: NORMAL });
    await server().hears("call.hangUp");
    await server().refuses("call.hangUp", "CALL_NOT_FOUND");
    await wait(5_000);
    expect(heard.names).toEqual(["ringing", "established", "hangup"]);
  });

  it("when it is hung up before the reply to its start, which then ends the late call too", async () => {
    await connect();
    const call = client().callWebrtc("kitchen");
    const heard = listen(call);
    await server().hears("call.start");
    call.hangup();
    await server().hearsNothing();
    await wait(2_000);
    expect(heard.names).toEqual(["hangup"]);
    expect(heard.payload("hangup")).toMatchObject({ errorCode: { name: "CANCELLED" } });
    await server().replies("call.start", CREATED);
    await server().hears("call.hangUp", { callId: DESK });
    await server().replies("call.hangUp", {});
    await server().says({ type: "call.ended", callId: DESK, reason: NORMAL });
    expect(heard.names).toEqual(["hangup"]);
  });

  it("when the reply to its start is lost, and the late reply ends the late call", async () => {
    await connect();
    const heard = listen(client().callWebrtc("kitchen"));
    await server().hears("call.start");
    await server().says(ESTABLISHED);
    await wait(9_999);
    expect(heard.names).toEqual([]);
    await wait(1);
    expect(heard.names).toEqual(["hangup"]);
    expect(heard.payload("hangup")).toMatchObject({ errorCode: { id: "10307", name: "REQUEST_TIMEOUT" } });
    await server().replies("call.start", CREATED);
    await server().hears("call.hangUp", { callId: DESK });
    await server().replies("call.hangUp", {});
    expect(heard.names).toEqual(["hangup"]);
  });

  it("when its start is lost with the session", async () => {
    await connect();
    const heard = listen(client().callWebrtc("kitchen"));
    await server().hears("call.start");
    await reconnect({ resumed: false });
    await wait(0);
    expect(heard.names).toEqual(["hangup"]);
    expect(heard.payload("hangup")).toMatchObject({ errorCode: { id: "10308", name: "NETWORK_ERROR" } });
  });

  it("when the connection is lost in the middle of a call", async () => {
    const [call, heard] = await establish();
    call.hangup();
    await server().hears("call.hangUp");
    server().closes(1006);
    await wait(5_000);
    expect(heard.names).toEqual(["ringing", "established", "hangup"]);
    client().disconnect();
  });

  it("when the client is disconnected", async () => {
    const [, heard] = await establish();
    client().disconnect();
    await wait(0);
    expect(heard.names).toEqual(["ringing", "established", "hangup"]);
    expect(heard.payload("hangup")).toMatchObject({ errorCode: { name: "NORMAL_HANGUP" } });
  });

  it("when there is no connection at all", async () => {
    const heard = listen(client().callWebrtc("kitchen"));
    await wait(0);
    expect(heard.names).toEqual(["hangup"]);
    expect(heard.payload("hangup")).toMatchObject({ errorCode: { name: "NETWORK_ERROR" } });
  });

  it("and nothing is told after it", async () => {
    const [, heard] = await establish();
    await server().says({ type: "call.ended", callId: DESK, reason: NORMAL });
    await server().says({ type: "participant.updated", callId: DESK, participant: participant(KITCHEN, "kitchen") });
    await server().says({ type: "call.ended", callId: DESK, reason: NORMAL });
    await server().says(ESTABLISHED);
    expect(heard.names).toEqual(["ringing", "established", "hangup"]);
  });

  it("also when a handler throws", async () => {
    const [call, heard] = await place();
    for (const name of ["ringing", "established", "hangup"] as const) {
      call.on(name, () => {
        throw new Error("A mistake of the application");
      });
    }
    await server().says({ type: "call.ringing", callId: DESK });
    await server().says(ESTABLISHED);
    await server().says({ type: "call.ended", callId: DESK, reason: NORMAL });
    expect(heard.names).toEqual(["ringing", "established", "hangup"]);
    expect(log().error).toHaveBeenCalledTimes(3);
  });
});

describe("a call that cannot be made", () => {
  it.each([
    ["INVALID_MESSAGE", "destination.identity", "INVALID_DESTINATION", "10305"],
    ["INVALID_MESSAGE", "customData", "INVALID_REQUEST", "10306"],
    ["SERVICE_UNAVAILABLE", null, "SERVICE_UNAVAILABLE", "10309"],
    ["TOO_MANY_MESSAGES", null, "CONGESTION", "10312"],
    ["INTERNAL", null, "UNKNOWN", "10310"],
  ] as const)("ends when its start is refused with %s %s", async (code, field, name, id) => {
    await connect();
    const heard = listen(client().callWebrtc("kitchen"));
    await server().hears("call.start");
    await server().refuses("call.start", code, field);
    expect(heard.names).toEqual(["hangup"]);
    expect(heard.payload("hangup")).toMatchObject({ errorCode: { id, name, description: `Refused: ${code}` } });
  });

  it.each(["DEVICE_FORBIDDEN", "DEVICE_NOT_FOUND", "DEVICE_UNAVAILABLE"] as const)("ends with %s", async (cause) => {
    await connect();
    prepareMedia((fake) => {
      fake.deviceError = new RtcError(errorCode(cause));
    });
    const heard = listen(client().callWebrtc("kitchen"));
    await server().hears("call.start");
    expect(heard.names).toEqual(["hangup"]);
    expect(heard.payload("hangup")).toMatchObject({ errorCode: errorCode(cause) });
    await server().replies("call.start", CREATED);
    await server().hears("call.hangUp", { callId: DESK });
    await server().replies("call.hangUp", {});
    expect(heard.names).toEqual(["hangup"]);
  });

  it("ends when no media connection can be made", async () => {
    await connect();
    prepareMedia(() => {
      throw new Error("RTCPeerConnection is not defined");
    });
    const heard = listen(client().callWebrtc("kitchen"));
    await wait(0);
    expect(heard.payload("hangup")).toMatchObject({ errorCode: { name: "MEDIA_ERROR" } });
    expect(medias()).toHaveLength(0);
  });

  it.each(["OFFER_INVALID", "OFFER_TOO_LARGE"] as const)("ends when its offer is refused with %s", async (code) => {
    await connect();
    const heard = listen(client().callWebrtc("kitchen"));
    await server().hears("call.start");
    await server().replies("call.start", CREATED);
    await server().hears("media.offer");
    await server().refuses("media.offer", code);
    expect(heard.payload("hangup")).toMatchObject({ errorCode: { id: "10103", name: "MEDIA_ERROR" } });
    await server().hears("call.hangUp");
    await server().replies("call.hangUp", {});
    await server().says({ type: "call.ended", callId: DESK, reason: NORMAL });
    expect(heard.names).toEqual(["hangup"]);
  });

  it("leaves the reason to the platform when the offer comes too late", async () => {
    await connect();
    const heard = listen(client().callWebrtc("kitchen"));
    await server().hears("call.start");
    await server().replies("call.start", CREATED);
    await server().hears("media.offer");
    await server().refuses("media.offer", "INVALID_STATE");
    expect(heard.names).toEqual([]);
    const reason = { id: 10201, name: "BUSY", description: "The other side is busy." };
    await server().says({ type: "call.ended", callId: DESK, reason });
    expect(heard.names).toEqual(["hangup"]);
    expect(heard.payload("hangup")).toMatchObject({ errorCode: { name: "BUSY" } });
  });
});

describe("a lost network path", () => {
  it("is offered again, one offer after the other", async () => {
    const [call] = await establish();
    media().losePath();
    await server().hears("ping");
    await server().replies("ping", {});
    const offer = await server().hears("media.offer", { sdp: "offer 2" });
    media().losePath();
    await server().hears("ping");
    await server().replies("ping", {});
    await server().hearsNothing();
    await server().replies("media.offer", { sdp: `answer to ${offer.sdp}` });
    await server().hears("media.offer", { sdp: "offer 3" });
    await server().replies("media.offer", { sdp: "answer to offer 3" });
    expect(media().answers).toEqual(["answer 1", "answer to offer 2", "answer to offer 3"]);
    expect(media().restarts).toBe(2);
    expect(call.status()).toBe(CallStatus.ESTABLISHED);
  });
});
