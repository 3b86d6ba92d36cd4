import type { SessionOpened, TextDelivered, TextReceived } from "@ringback/protocol";
import { describe, expect, it, vi } from "vitest";
import { type DataChannel, DataChannelEvent } from "../src/api/data-channel.js";
import { type Endpoint, PhoneEndpoint, WebrtcEndpoint } from "../src/api/endpoint.js";
import { DESK, harness, KITCHEN, listen, NORMAL, participant, SESSION, slot } from "./harness.js";

const { server, client, media, log, connect, reconnect, incoming, wait } = harness();

const NOON = "2026-11-22T12:00:00Z";
const KITCHEN_IN = participant(KITCHEN, "kitchen");
const DESK_AGAIN = "5f0c2a51-6f4e-4c8e-9d6e-0d2f6c1b7a11";

type Told = [name: string, payload: unknown];

const joined = (callId = DESK) => ({
  type: "room.joined" as const,
  callId,
  name: "standup",
  participants: [KITCHEN_IN],
  slots: [slot(0, KITCHEN)],
  videoSlots: 4 as const,
});

/** On the way into a room, up to the answer to the first offer. */
async function enter(): Promise<DataChannel> {
  await connect();
  const channel = client().joinRoom("standup", { dataChannel: true }).dataChannel();
  if (channel === undefined) throw new Error("There is no data channel");
  await server().hears("room.join");
  await server().replies("room.join", { callId: DESK });
  await server().hears("media.offer");
  await server().replies("media.offer", { sdp: "answer 1" });
  return channel;
}

/** In a room, with what its data channel tells. */
async function join(): Promise<[DataChannel, Told[]]> {
  const channel = await enter();
  await server().says(joined());
  return [channel, toldBy(channel)];
}

function toldBy(channel: DataChannel): Told[] {
  const told: Told[] = [];
  for (const name of Object.values(DataChannelEvent)) channel.on(name, (payload) => told.push([name, payload]));
  return told;
}

/** The platform takes a text; gives what `send` gives. */
async function send(channel: DataChannel, text: string, textId: string): Promise<string> {
  const sent = channel.send(text);
  await server().hears("text.send", { callId: DESK, text });
  await server().replies("text.send", { textId });
  return sent;
}

const reports = (textId: string, delivered: boolean, more: Partial<TextDelivered> = {}) =>
  server().says({ type: "text.delivered", callId: DESK, textId, delivered, date: NOON, ...more });

const receives = (textId: string, text: string, more: Partial<TextReceived> = {}) =>
  server().says({
    type: "text.received",
    callId: DESK,
    textId,
    text,
    from: KITCHEN_IN.endpoint,
    direct: false,
    date: NOON,
    ...more,
  });

async function confirms(textId: string): Promise<void> {
  await wait(100);
  await server().hears("text.confirm", { callId: DESK, textId });
  await server().replies("text.confirm", {});
}

const notDelivered = (id: string): Told => ["text-delivered", expect.objectContaining({ id, delivered: false })];

describe("a data channel", () => {
  it("is only there where the options ask for it", async () => {
    await connect();
    const call = await incoming();
    expect(call.dataChannel()).toBeUndefined();
    call.accept({ dataChannel: true });
    expect(call.dataChannel()).toBeDefined();
    await server().hears("call.accept");
    await server().replies("call.accept", {});
    await server().hears("media.offer");
    await server().replies("media.offer", { sdp: "answer 1" });
  });

  it("takes no texts, and confirms none, where there is none", async () => {
    await connect();
    client().joinRoom("standup");
    await server().hears("room.join");
    await server().replies("room.join", { callId: DESK });
    await server().hears("media.offer");
    await server().replies("media.offer", { sdp: "answer 1" });
    await server().says(joined());
    await receives("t1", "hello");
    await server().hearsNothing();
  });

  it("tells what comes, with dates and endpoints", async () => {
    const [, told] = await join();
    await receives("t1", "hello");
    await confirms("t1");
    await receives("t2", "psst", { direct: true });
    await confirms("t2");
    await server().says({ type: "text.broadcast", callId: DESK, text: "the line closes", date: NOON });
    const from = new WebrtcEndpoint("kitchen", null);
    const date = new Date(NOON);
    expect(told).toEqual([
      ["text-received", { text: "hello", from, isDirect: false, date }],
      ["text-received", { text: "psst", from, isDirect: true, date }],
      ["broadcast-text-received", { text: "the line closes", date }],
    ]);
  });

  it("confirms at once, and with one word what comes soon after", async () => {
    const [, told] = await join();
    await receives("t1", "one");
    await server().hears("text.confirm", { textId: "t1" });
    await server().replies("text.confirm", {});
    await receives("t2", "two");
    await receives("t3", "three");
    await wait(99);
    await server().hearsNothing();
    await wait(1);
    await server().hears("text.confirm", { textId: "t3" });
    await receives("t4", "four");
    await wait(1_000);
    await server().hearsNothing();
    await server().replies("text.confirm", {});
    await confirms("t4");
    expect(told).toHaveLength(4);
  });

  it("leaves no text in the log", async () => {
    const [channel] = await join();
    await receives("t1", "a secret");
    await confirms("t1");
    await send(channel, "another secret", "t2");
    expect(log().debug.mock.calls.some(([line]) => line === "Event text.received")).toBe(true);
    expect(JSON.stringify(log().debug.mock.calls)).not.toContain("secret");
  });

  it("goes on when a handler throws", async () => {
    const [channel, told] = await join();
    const broken = () => {
      throw new Error("the application's");
    };
    channel.on(DataChannelEvent.TEXT_RECEIVED_EVENT, broken);
    await receives("t1", "hello");
    await confirms("t1");
    channel.off(DataChannelEvent.TEXT_RECEIVED_EVENT, broken);
    await receives("t2", "hello?");
    await confirms("t2");
    expect(told).toHaveLength(2);
    expect(log().error).toHaveBeenCalledOnce();
  });
});

describe("send", () => {
  it("gives the platform's id, and what becomes of the text is told once", async () => {
    const [channel, told] = await join();
    expect(await send(channel, "hello", "t1")).toBe("t1");
    await reports("t1", true);
    await reports("t1", false);
    expect(told).toEqual([["text-delivered", { id: "t1", delivered: true, date: new Date(NOON) }]]);
  });

  it("writes to one user, by an endpoint or an object like it", async () => {
    const [channel] = await join();
    for (const to of [new WebrtcEndpoint("kitchen"), { type: "WEBRTC", identity: "kitchen" } as unknown as Endpoint]) {
      void channel.send("psst", to);
      await server().hears("text.send", { text: "psst", to: { type: "WEBRTC", identity: "kitchen" } });
      await server().replies("text.send", { textId: "t1" });
    }
  });

  it.each([
    ["nothing", "", undefined, "INVALID_REQUEST"],
    ["8193 bytes in fewer characters", `${"ü".repeat(4096)}!`, undefined, "INVALID_REQUEST"],
    ["what is no text", { text: "hello" } as unknown as string, undefined, "INVALID_REQUEST"],
    ["to a phone", "hello", new PhoneEndpoint("41793026727"), "INVALID_DESTINATION"],
    ["to an endpoint without an identity", "hello", { type: "WEBRTC" } as Endpoint, "INVALID_DESTINATION"],
    ["to null", "hello", null as unknown as Endpoint, "INVALID_DESTINATION"],
  ])("refuses %s where it is called", async (_, text, to, name) => {
    const [channel] = await join();
    await expect(channel.send(text, to)).rejects.toMatchObject({ errorCode: { name } });
    await server().hearsNothing();
  });

  it("takes 8192 bytes, and mends what is no Unicode", async () => {
    const [channel] = await join();
    const longest = "ü".repeat(4096);
    await send(channel, longest, "t1");
    void channel.send("\ufeffhalf a \ud83d");
    await server().hears("text.send", { text: "\ufeffhalf a \ufffd" });
    await server().replies("text.send", { textId: "t2" });
  });

  it("is refused before the call is established and after its end", async () => {
    const channel = await enter();
    const refused = { errorCode: { name: "INVALID_REQUEST" } };
    await expect(channel.send("too early")).rejects.toMatchObject(refused);
    await server().says(joined());
    await send(channel, "in time", "t1");
    await server().says({ type: "call.ended", callId: DESK, reason: NORMAL });
    await expect(channel.send("too late")).rejects.toMatchObject(refused);
    await server().hearsNothing();
  });

  it("is possible as soon as an application hears that the room is joined", async () => {
    await connect();
    const room = client().joinRoom("standup", { dataChannel: true });
    room.on("room-joined", () => void room.dataChannel()?.send("hello"));
    await server().hears("room.join");
    await server().replies("room.join", { callId: DESK });
    await server().hears("media.offer");
    await server().replies("media.offer", { sdp: "answer 1" });
    await server().says(joined());
    await server().hears("text.send", { text: "hello" });
    await server().replies("text.send", { textId: "t1" });
  });

  it("keeps the order, and no more on its way than the platform takes", async () => {
    const [channel] = await join();
    const sent = Array.from({ length: 40 }, (_, number) => channel.send(`text ${number}`));
    for (let number = 0; number < 32; number += 1) await server().hears("text.send", { text: `text ${number}` });
    for (let number = 0; number < 32; number += 1) await server().replies("text.send", { textId: `t${number}` });
    await server().hearsNothing();
    await wait(1_000);
    for (let number = 32; number < 40; number += 1) await server().hears("text.send", { text: `text ${number}` });
    for (let number = 32; number < 40; number += 1) await server().replies("text.send", { textId: `t${number}` });
    expect(await Promise.all(sent)).toEqual(sent.map((_, number) => `t${number}`));
  });

  it("waits for the platform's answers before it goes on", async () => {
    const [channel] = await join();
    for (let number = 0; number < 33; number += 1) void channel.send(`text ${number}`);
    for (let number = 0; number < 32; number += 1) await server().hears("text.send");
    await wait(2_000);
    await server().hearsNothing();
    await server().replies("text.send", { textId: "t0" });
    await server().hears("text.send", { text: "text 32" });
    for (let number = 1; number < 33; number += 1) await server().replies("text.send", { textId: `t${number}` });
  });

  it("is rejected when the platform refuses, and the next one is sent", async () => {
    const [channel] = await join();
    const refused = channel.send("too much");
    await server().hears("text.send");
    await server().refuses("text.send", "SERVICE_UNAVAILABLE");
    await expect(refused).rejects.toMatchObject({ errorCode: { name: "SERVICE_UNAVAILABLE" } });
    expect(await send(channel, "later", "t1")).toBe("t1");
  });

  it("tells of a text only when its sender knows the id, though the report came first", async () => {
    const [channel] = await join();
    const told: string[] = [];
    channel.on("text-delivered", ({ id }) => told.push(`delivered ${id}`));
    const sending = (async () => told.push(`sent ${await channel.send("hello")}`))();
    await server().hears("text.send");
    await reports("t1", true);
    await server().replies("text.send", { textId: "t1" });
    await sending;
    await wait(0);
    expect(told).toEqual(["sent t1", "delivered t1"]);
  });
});

describe("a lost socket", () => {
  it("has texts wait for the next one, in order, and sends none twice", async () => {
    const [channel, told] = await join();
    const first = channel.send("one");
    const { id } = await server().hears("text.send", { text: "one" });
    server().closes(1006);
    const second = channel.send("two");
    await wait(0);
    server().opens();
    await server().hears("hello");
    await server().replies("hello", { ...SESSION, resumed: true });
    await server().hears("text.send", { id, text: "one" });
    await server().hears("text.send", { text: "two" });
    await server().replies("text.send", { textId: "t1" });
    await server().replies("text.send", { textId: "t2" });
    expect(await Promise.all([first, second])).toEqual(["t1", "t2"]);
    await reports("t1", true);
    expect(told).toHaveLength(1);
  });
});

describe("a platform that was started again", () => {
  it("does not know what became of texts: they were not delivered", async () => {
    const [channel, told] = await join();
    await send(channel, "known", "t1");
    await reports("t1", true);
    await send(channel, "unknown", "t2");
    const unanswered = channel.send("unanswered");
    await server().hears("text.send");
    await reports("t3", true);
    await reconnect();
    await server().hears("text.send", { text: "unanswered" });
    await server().says({ type: "session.restored", calls: [DESK] });
    await server().says(joined());
    expect(told.slice(1)).toEqual([notDelivered("t2")]);
    await server().replies("text.send", { textId: "t3" });
    expect(await unanswered).toBe("t3");
    await wait(0);
    expect(told).toHaveLength(2);
    await reports("t3", true);
    expect(told[2]).toEqual(["text-delivered", { id: "t3", delivered: true, date: new Date(NOON) }]);
  });

  it("may send a text again, which is told once and confirmed again", async () => {
    const [, told] = await join();
    await receives("t1", "hello");
    await confirms("t1");
    await reconnect();
    await server().says({ type: "session.restored", calls: [DESK] });
    await server().says(joined());
    await receives("t1", "hello");
    await confirms("t1");
    expect(told).toHaveLength(1);
  });
});

describe("a room that is joined again", () => {
  const nextSession: SessionOpened = { ...SESSION, sessionId: "0b7d9c3e-0000-4000-8000-000000000002" };

  it("takes the texts that were written meanwhile, and gives up the reports of those before", async () => {
    const [channel, told] = await join();
    media().flows();
    await send(channel, "before", "t1");
    const onItsWay = channel.send("on its way");
    await server().hears("text.send");
    server().closes(1006);
    await wait(250);
    server().opens();
    await server().hears("hello");
    await server().replies("hello", nextSession);
    await expect(onItsWay).rejects.toMatchObject({ errorCode: { name: "NETWORK_ERROR" } });
    const meanwhile = channel.send("meanwhile");
    await server().hears("room.join");
    await server().replies("room.join", { callId: DESK_AGAIN });
    await server().hears("media.offer");
    await server().replies("media.offer", { sdp: "answer 2" });
    await server().hearsNothing();
    await server().says(joined(DESK_AGAIN));
    expect(told).toEqual([notDelivered("t1")]);
    await server().hears("text.send", { callId: DESK_AGAIN, text: "meanwhile" });
    await server().replies("text.send", { textId: "t2" });
    expect(await meanwhile).toBe("t2");
    await reports("t2", true, { callId: DESK_AGAIN });
    expect(told).toHaveLength(2);
  });
});

describe("the end of a call", () => {
  it("ends what is open: reports are given up before it is told, and sending is refused", async () => {
    await connect();
    const room = client().joinRoom("standup", { dataChannel: true });
    const channel = room.dataChannel() as DataChannel;
    const order: string[] = [];
    channel.on("text-delivered", ({ id, delivered }) => order.push(`${id} ${delivered}`));
    room.on("room-left", () => order.push("left"));
    const heard = listen(room);
    await server().hears("room.join");
    await server().replies("room.join", { callId: DESK });
    await server().hears("media.offer");
    await server().replies("media.offer", { sdp: "answer 1" });
    await server().says(joined());
    await send(channel, "taken", "t1");
    const unanswered = channel.send("unanswered");
    await server().hears("text.send");
    room.leave();
    await expect(unanswered).rejects.toMatchObject({ errorCode: { name: "INVALID_REQUEST" } });
    await server().hears("room.leave");
    await server().replies("text.send", { textId: "t2" });
    await server().replies("room.leave", {});
    await server().says({ type: "call.ended", callId: DESK, reason: NORMAL });
    await vi.waitFor(() => expect(heard.names).toContain("room-left"));
    expect(order).toEqual(["t1 false", "left"]);
  });
});
