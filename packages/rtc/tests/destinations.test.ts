import { describe, expect, it } from "vitest";
import type { ApplicationCallOptions } from "../src/index.js";
import { PlatformOptions } from "../src/index.js";
import { DESK, harness, listen, NORMAL, participant, slot } from "./harness.js";

const { client, connect, media, medias, server, wait } = harness();
const UNAVAILABLE = { id: 10311, name: "FEATURE_UNAVAILABLE", description: "There is no channel to phones." };

describe("a call to a phone", () => {
  it("says the number and whose it shows, and ends as the platform says", async () => {
    await connect();
    const call = client().callPhone("+41793026727", { from: "41793026731", customData: { order: "17" } });
    const heard = listen(call);
    await server().hears("call.start", {
      destination: { type: "PHONE", phoneNumber: "+41793026727", from: "41793026731" },
      microphone: true,
      camera: false,
      customData: { order: "17" },
    });
    await server().replies("call.start", { callId: DESK });
    await server().hears("media.offer");
    server().ignores("media.offer");
    await server().says({ type: "call.ended", callId: DESK, reason: UNAVAILABLE });
    expect(heard.names).toEqual(["hangup"]);
    expect(heard.payload("hangup")).toMatchObject({
      errorCode: {
        id: "10311",
        name: "FEATURE_UNAVAILABLE",
        description: "There is no channel to phones.",
        remedy: "See what the platform offers, and whether another browser does.",
      },
    });
    expect(call.counterpart()).toMatchObject({ type: "PHONE", phoneNumber: "+41793026727", displayIdentifier: null });
    expect(call.options().from).toBe("41793026731");
  });

  it("ends when the platform does not take the number", async () => {
    await connect();
    const heard = listen(client().callPhone("nobody"));
    await server().hears("call.start");
    await server().refuses("call.start", "INVALID_MESSAGE", "destination.phoneNumber");
    expect(heard.payload("hangup")).toMatchObject({ errorCode: { name: "INVALID_DESTINATION" } });
  });
});

it("a call to Viber ends at once, and asks neither the platform nor for the microphone", async () => {
  await connect();
  const call = client().callViber("41793026727", "41793026731");
  const heard = listen(call);
  await wait(0);
  expect(heard.names).toEqual(["hangup"]);
  expect(heard.payload("hangup")).toMatchObject({ errorCode: { name: "FEATURE_UNAVAILABLE" } });
  expect(medias()).toEqual([]);
  call.hangup();
});

describe("a call to an application", () => {
  it("names it, rings, is answered, and tells who takes part", async () => {
    await connect();
    const call = client().callApplication("support", { platformOptions: new PlatformOptions("shop", "berlin") });
    const heard = listen(call);
    await server().hears("call.start", {
      destination: {
        type: "APPLICATION",
        callsConfigurationId: "support",
        applicationId: "shop",
        entityId: "berlin",
        autoReconnect: true,
      },
    });
    await server().replies("call.start", { callId: DESK });
    await server().hears("media.offer");
    await server().replies("media.offer", { sdp: "answer 1" });
    await server().says({ type: "call.ringing", callId: DESK });
    const agent = participant("5f0c2a51-6f4e-4c8e-9d6e-0d2f6c1b7a02", "agent", { camera: true });
    await server().says({
      type: "call.established",
      callId: DESK,
      participants: [agent],
      slots: [slot(0, agent.id, 20)],
      videoSlots: 4,
    });
    expect(heard.names).toEqual(["ringing", "established", "participant-camera-video-added"]);
    expect(call.participants()).toMatchObject([{ callId: agent.id, endpoint: { identity: "agent" } }]);
    expect([call.callsConfigurationId(), call.recordingState()]).toEqual(["support", {}]);
    const options: ApplicationCallOptions = call.options();
    expect(options.platformOptions).toEqual({ applicationId: "shop", entityId: "berlin" });
    call.hangup();
    await server().hears("call.hangUp", { callId: DESK });
    await server().replies("call.hangUp", {});
    await server().says({ type: "call.ended", callId: DESK, reason: NORMAL });
    expect(heard.names.at(-1)).toBe("hangup");
    expect(media().closed).toBe(true);
  });

  it("to the contact centre of the platform is the same", async () => {
    await connect();
    const call = client().callConversations({ autoReconnect: false });
    await server().hears("call.start", {
      destination: { type: "APPLICATION", callsConfigurationId: "conversations", autoReconnect: false },
    });
    await server().refuses("call.start", "SERVICE_UNAVAILABLE");
    expect(call.endTime()).not.toBeNull();
  });
});

describe("a signal that is aborted", () => {
  it("hangs up", async () => {
    await connect();
    const patience = new AbortController();
    const heard = listen(client().callWebrtc("kitchen", { signal: patience.signal }));
    await server().hears("call.start");
    await server().replies("call.start", { callId: DESK });
    await server().hears("media.offer");
    server().ignores("media.offer");
    patience.abort();
    await server().hears("call.hangUp", { callId: DESK });
    await server().replies("call.hangUp", {});
    await wait(2_000);
    expect(heard.payload("hangup")).toMatchObject({ errorCode: { name: "CANCELLED" } });
  });

  it("gives up to connect, and leaves what is connected alone", async () => {
    const patience = new AbortController();
    const connected = client().connect({ signal: patience.signal });
    patience.abort();
    await expect(connected).rejects.toBe(patience.signal.reason);
    await connect();
    const later = new AbortController();
    await client().connect({ signal: later.signal });
    later.abort();
    expect(server().isOpen()).toBe(true);
    await expect(client().connect({ signal: AbortSignal.abort() })).resolves.toBeUndefined();
  });

  it("that was aborted before connects nobody", async () => {
    await expect(client().connect({ signal: AbortSignal.abort("too late") })).rejects.toBe("too late");
    expect(server().urls).toEqual([]);
  });
});
