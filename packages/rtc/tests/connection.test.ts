import { describe, expect, it } from "vitest";
import { RtcEvent } from "../src/api/event-names.js";
import { harness, listen, SESSION } from "./harness.js";

const { server, client, log, connect, wait } = harness();

describe("connecting", () => {
  it("says hello with the token and becomes the token's user", async () => {
    const heard = listen(client());
    const connected = client().connect();
    expect(client().connectedUser()).toBeNull();
    server().opens();
    const hello = await server().hears("hello", { id: 1, token: "token" });
    expect(hello.client).toEqual({ name: "ringback-rtc", version: "0.1.0" });
    await server().replies("hello", SESSION);
    await connected;
    expect(server().urls).toEqual(["wss://calls.example.com/rtc/v1 ringback.rtc.v1"]);
    expect(client().connectedUser()).toEqual({ identity: "desk", displayName: "Front desk" });
    expect(heard.names).toEqual(["connected"]);
    expect(heard.payload("connected")).toEqual({ identity: "desk" });
  });

  it("connects once, however often it is asked", async () => {
    await connect();
    await client().connect();
    expect(server().urls).toHaveLength(1);
  });

  it("gives up when the token is refused", async () => {
    const heard = listen(client());
    const connected = client().connect();
    server().opens();
    await server().hears("hello");
    await server().refuses("hello", "UNAUTHENTICATED");
    await expect(connected).rejects.toMatchObject({ errorCode: { id: "10302", name: "UNAUTHENTICATED" } });
    await wait(60_000);
    expect(heard.names).toEqual(["disconnected"]);
    expect(heard.payload("disconnected")).toEqual({ reason: "UNAUTHENTICATED" });
    expect(server().urls).toHaveLength(1);
  });

  it.each([
    [4400, "INVALID_REQUEST"],
    [4401, "UNAUTHENTICATED"],
  ])("does not come back after close %i", async (code, reason) => {
    await connect();
    const heard = listen(client());
    server().closes(code);
    await wait(60_000);
    expect(heard.names).toEqual(["disconnected"]);
    expect(heard.payload("disconnected")).toEqual({ reason });
  });

  it("gives up after five attempts when it was never connected", async () => {
    const heard = listen(client());
    const connected = client().connect();
    for (let attempt = 0; attempt < 5; attempt += 1) {
      server().closes(1006);
      await wait(10_000);
    }
    await expect(connected).rejects.toMatchObject({ errorCode: { name: "NETWORK_ERROR" } });
    expect(server().urls).toHaveLength(5);
    expect(heard.names).toEqual(["disconnected"]);
  });

  it("counts a hello without an answer as a failure", async () => {
    void client().connect();
    server().opens();
    await server().hears("hello");
    server().ignores("hello");
    await wait(10_000);
    expect(server().isOpen()).toBe(false);
    await wait(1_000);
    expect(server().urls).toHaveLength(2);
    client().disconnect();
  });

  it("connects again after it was disconnected", async () => {
    await connect();
    const heard = listen(client());
    client().disconnect();
    expect(server().isOpen()).toBe(false);
    expect(heard.payload("disconnected")).toEqual({ reason: "USER_REQUEST" });
    await connect();
    expect(heard.names).toEqual(["disconnected", "connected"]);
  });

  it("rejects the promise of a connect that is disconnected", async () => {
    const connected = client().connect();
    client().disconnect();
    await expect(connected).rejects.toMatchObject({ errorCode: { name: "NETWORK_ERROR" } });
  });
});

describe("reconnecting", () => {
  it("tries at once, then waits longer after each failure, but not long while there is a session to resume", async () => {
    await connect();
    const heard = listen(client());
    server().closes(1006);
    expect(heard.names).toEqual(["reconnecting"]);
    await wait(0);
    expect(server().urls).toHaveLength(2);
    server().closes(1006);
    const waits = [188, 375, 750, 1125, 1125, 1125];
    for (const [index, delay] of waits.entries()) {
      await wait(delay - 2);
      expect(server().urls, `before attempt ${index + 1}`).toHaveLength(index + 2);
      await wait(2);
      expect(server().urls, `attempt ${index + 1}`).toHaveLength(index + 3);
      if (index < waits.length - 1) server().closes(1006);
    }
    server().opens();
    await server().hears("hello", { id: 8 });
    await server().replies("hello", SESSION);
    expect(heard.names).toEqual(["reconnecting", "reconnected"]);
  });

  it("waits longer when there is no session any more, for as long as it takes", async () => {
    await connect();
    server().closes(1006);
    for (let waited = 0; waited < 90_000; waited += 1_000) {
      await wait(1_000);
      if (server().isConnecting()) server().closes(1006);
    }
    await wait(10_000);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      server().closes(1006);
      const sockets = server().urls.length;
      await wait(7_498);
      expect(server().urls).toHaveLength(sockets);
      await wait(2);
      expect(server().urls).toHaveLength(sockets + 1);
    }
    server().opens();
    expect(await server().hears("hello", { id: 1 })).not.toHaveProperty("resume");
    await server().replies("hello", SESSION);
  });

  it("stops when it is disconnected meanwhile", async () => {
    await connect();
    server().closes(1001);
    client().disconnect();
    await wait(60_000);
    expect(server().urls).toHaveLength(1);
  });
});

describe("keeping alive", () => {
  it("pings every period and confirms the events that came", async () => {
    await connect();
    await wait(19_999);
    await server().hearsNothing();
    await wait(1);
    await server().hears("ping", { received: 0 });
    await server().replies("ping", {});
    await server().says({ type: "call.ringing", callId: "c" });
    await server().says({ type: "call.ringing", callId: "c" });
    await wait(20_000);
    await server().hears("ping", { received: 2 });
    await server().replies("ping", {});
  });

  it("confirms many events without waiting", async () => {
    await connect();
    for (let count = 0; count < 250; count += 1) await server().says({ type: "call.ringing", callId: "c" });
    await server().hears("ping", { received: 250 });
    await server().replies("ping", {});
    await server().says({ type: "call.ringing", callId: "c" });
    await server().hearsNothing();
  });

  it("lives through a ping without an answer", async () => {
    await connect();
    await wait(20_000);
    await server().hears("ping");
    server().ignores("ping");
    await server().says({ type: "call.ringing", callId: "c" });
    await wait(10_000);
    expect(server().isOpen()).toBe(true);
  });

  it("closes a socket that is silent for three periods", async () => {
    await connect();
    const heard = listen(client());
    for (const _ of [1, 2]) {
      await wait(20_000);
      await server().hears("ping");
      server().ignores("ping");
    }
    await wait(19_999);
    expect(heard.names).toEqual([]);
    await wait(1);
    expect(heard.names).toEqual(["reconnecting"]);
    expect(server().closeCodes).toEqual([4000]);
    client().disconnect();
  });
});

describe("messages that do not fit", () => {
  it("are logged and dropped", async () => {
    await connect();
    const heard = listen(client());
    await server().sends("not JSON");
    await server().sends('{"type":"call.incoming","sequence":1,"callId":"c"}');
    await server().sends('{"type":"reply","id":99,"result":{}}');
    await server().sends('{"type":"error","id":null,"code":"INTERNAL","message":"","field":null}');
    await server().sends('{"type":"weather.changed","sequence":1}');
    expect(heard.names).toEqual([]);
    expect(log().warn).toHaveBeenCalledTimes(5);
    expect(server().isOpen()).toBe(true);
  });

  it("drops an event that comes twice", async () => {
    await connect();
    const heard = listen(client());
    const incoming = {
      type: "call.incoming",
      sequence: 1,
      callId: "c",
      from: { type: "WEBRTC", identity: "kitchen", displayName: null },
      camera: false,
      customData: {},
    };
    await server().sends(JSON.stringify(incoming));
    await server().sends(JSON.stringify({ ...incoming, callId: "d" }));
    expect(heard.names).toEqual(["incoming-webrtc-call"]);
  });

  it("never logs the token", async () => {
    await connect();
    await server().sends('{"type":"call.ringing"}');
    expect(JSON.stringify([log().debug.mock.calls, log().warn.mock.calls])).not.toContain('token"');
  });
});

describe("handlers", () => {
  it("may throw without breaking anything", async () => {
    client().on(RtcEvent.CONNECTED, () => {
      throw new Error("A mistake of the application");
    });
    const heard = listen(client());
    await connect();
    expect(heard.names).toEqual(["connected"]);
    expect(log().error).toHaveBeenCalledOnce();
  });

  it("take plain names, count once, and can be removed", async () => {
    const told: unknown[] = [];
    const handler = (event: unknown) => told.push(event);
    client().on("connected", handler);
    client().on(RtcEvent.CONNECTED, handler);
    await connect();
    expect(told).toHaveLength(1);
    client().off("connected", handler);
    client().disconnect();
    await connect();
    expect(told).toHaveLength(1);
  });
});
