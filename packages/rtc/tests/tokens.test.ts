import { beforeEach, describe, expect, it, vi } from "vitest";
import { harness, listen, SESSION } from "./harness.js";

/** The tokens that the backend has left to give, in order; an error is thrown. */
let tokens: (string | Error)[] = [];
const provider = vi.fn(async () => {
  const next = tokens.shift();
  if (next instanceof Error) throw next;
  return next ?? "";
});

beforeEach(() => {
  provider.mockClear();
});

describe("a provider of tokens", () => {
  const { client, connect, log, server, wait } = harness(provider);

  it("is asked when the client connects, and not when it resumes", async () => {
    tokens = ["first"];
    const connected = client().connect();
    server().opens();
    await server().hears("hello", { token: "first" });
    await server().replies("hello", SESSION);
    await connected;
    server().closes(1006);
    await wait(0);
    server().opens();
    await server().hears("hello", { token: "first" });
    await server().replies("hello", { ...SESSION, resumed: true });
    expect(provider).toHaveBeenCalledOnce();
  });

  it("is asked a minute before the token expires, and the session goes on without anybody noticing", async () => {
    tokens = ["first", "second"];
    await connect();
    const heard = listen(client());
    for (let ping = 0; ping < 176; ping += 1) {
      await wait(20_000);
      await server().hears("ping");
      await server().replies("ping", {});
    }
    await wait(19_999);
    expect(provider).toHaveBeenCalledOnce();
    await wait(1);
    await server().hears("ping");
    server().ignores("ping");
    expect(provider).toHaveBeenCalledTimes(2);
    expect(server().closeCodes).toEqual([4000]);
    server().opens();
    await server().hears("hello", {
      token: "second",
      resume: { sessionId: SESSION.sessionId, resumeKey: SESSION.resumeKey, lastSequence: 0 },
    });
    await server().replies("hello", { ...SESSION, resumed: true, expiresAt: "2026-11-22T10:30:00Z" });
    expect(heard.names).toEqual([]);
  });

  it("that fails near the end is asked again", async () => {
    tokens = ["first", new Error("The backend is away."), "second"];
    const connected = client().connect();
    server().opens();
    await server().hears("hello");
    await server().replies("hello", { ...SESSION, keepAliveSeconds: 600, expiresAt: "2026-11-22T08:32:00Z" });
    await connected;
    await wait(60_000);
    expect(log().warn).toHaveBeenCalledWith("The token provider failed; it is asked again", expect.any(Error));
    await wait(15_000);
    expect(server().isConnecting()).toBe(true);
    server().opens();
    await server().hears("hello", { token: "second" });
    await server().replies("hello", { ...SESSION, resumed: true });
  });

  it("that fails at first counts as a failed attempt", async () => {
    tokens = [new Error("The backend is away."), "first"];
    const connected = client().connect();
    server().opens();
    await wait(10);
    expect(server().closeCodes).toEqual([4000]);
    await wait(250);
    server().opens();
    await server().hears("hello", { token: "first" });
    await server().replies("hello", SESSION);
    await connected;
  });

  it("that gives nothing at all is no hope for ever", async () => {
    tokens = [];
    const heard = listen(client());
    const connected = client().connect();
    connected.catch(() => {});
    for (let attempt = 0; attempt < 5; attempt += 1) {
      server().opens();
      await wait(5_000);
    }
    await expect(connected).rejects.toMatchObject({ errorCode: { name: "UNAUTHENTICATED" } });
    expect(heard.names).toEqual(["disconnected"]);
  });

  it("is asked for another token when the platform does not take one any more that it took before", async () => {
    tokens = ["first", "second"];
    await connect();
    const heard = listen(client());
    server().closes(4401);
    await wait(250);
    server().opens();
    await server().hears("hello", { token: "second" });
    await server().replies("hello", SESSION);
    expect(heard.names).toEqual(["reconnecting", "reconnected"]);
  });

  it("is not asked again when a token was never taken", async () => {
    tokens = ["stolen"];
    const heard = listen(client());
    const connected = client().connect();
    connected.catch(() => {});
    server().opens();
    await server().hears("hello", { token: "stolen" });
    await server().refuses("hello", "UNAUTHENTICATED");
    await expect(connected).rejects.toMatchObject({ errorCode: { name: "UNAUTHENTICATED" } });
    expect(heard.names).toEqual(["disconnected"]);
    expect(provider).toHaveBeenCalledOnce();
  });

  it("is left in peace after the end", async () => {
    tokens = ["first", "second"];
    await connect();
    client().disconnect();
    await wait(2 ** 31);
    expect(provider).toHaveBeenCalledOnce();
  });
});

describe("a token that is a text", () => {
  const { client, connect, server, wait } = harness("only");

  it("is not replaced, and its end is the platform's to say", async () => {
    await connect();
    const heard = listen(client());
    server().closes(4401);
    await wait(0);
    expect(heard.names).toEqual(["disconnected"]);
  });
});
