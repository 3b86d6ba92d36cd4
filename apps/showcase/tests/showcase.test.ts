import { RtcError } from "@ringback/rtc";
import { describe, expect, it, vi } from "vitest";
import type { Incoming, Showcase } from "../src/model/showcase";
import { endingMessage } from "../src/strings";
import { annaAt, type FakeLine, participant, SOUND, type Stage } from "./fakes";

async function annaCallsBoris(): Promise<Stage & { line: FakeLine }> {
  const stage = await annaAt();
  stage.showcase.start({ kind: "call", identity: "boris", name: "Boris" });
  const [line] = stage.rtc.lines;
  if (line === undefined) throw new Error("no call was started");
  return { ...stage, line };
}

function cardOf(showcase: Showcase, name: string): Incoming {
  const card = showcase.incoming.value.find((incoming) => incoming.name === name);
  if (card === undefined) throw new Error(`${name} does not ring`);
  return card;
}

describe("signing in", () => {
  it("makes a person reachable", async () => {
    const { showcase } = await annaAt();
    expect(showcase.connection.value).toBe("online");
    expect(showcase.person.value?.identity).toBe("anna");
  });

  it.each([
    [400, "NAME_REFUSED"],
    [404, "DEMO_OFF"],
    [429, "TOO_MANY"],
    [500, "SERVER_ERROR"],
  ])("that is answered with %i says %s", async (status, failure) => {
    const { showcase } = await annaAt(status);
    expect(showcase.failure.value).toBe(failure);
    expect(showcase.person.value).toBeNull();
  });

  it("is asked for again when the connection is lost for good", async () => {
    const { showcase, rtc } = await annaAt();
    rtc.tell("disconnected", { reason: "UNAUTHENTICATED" });
    expect(showcase.connection.value).toBe("lost");
    await showcase.reconnect();
    expect(showcase.connection.value).toBe("online");
  });

  it("says when the server is away for more than a second, and when it is back", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { showcase, rtc } = await annaAt();
    rtc.tell("reconnecting");
    vi.advanceTimersByTime(999);
    expect(showcase.connection.value).toBe("online");
    vi.advanceTimersByTime(1);
    expect(showcase.connection.value).toBe("reconnecting");
    rtc.tell("reconnected");
    expect(showcase.connection.value).toBe("online");
    rtc.tell("reconnecting");
    rtc.tell("reconnected");
    vi.runAllTimers();
    expect(showcase.connection.value).toBe("online");
    vi.useRealTimers();
  });
});

describe("a call", () => {
  it("goes from calling over ringing to a tile, and lasts as long as it was connected", async () => {
    const { showcase, line, clock } = await annaCallsBoris();
    const conversation = showcase.conversation.value;
    expect(conversation?.phase.value).toBe("calling");
    line.tell("ringing");
    expect(conversation?.phase.value).toBe("ringing");
    line.tell("established", { stream: SOUND });
    line.tell("remote-muted");
    expect(conversation?.phase.value).toBe("connected");
    expect(conversation?.tiles.value).toMatchObject([{ name: "Boris", muted: true, video: null }]);
    clock.now = 65_000;
    line.end("NORMAL_HANGUP");
    expect(conversation?.ending.value).toEqual({ reason: "NORMAL_HANGUP", byMe: false, seconds: 65 });
  });

  it("keeps a picture that comes before the answer", async () => {
    const { showcase, line } = await annaCallsBoris();
    line.tell("remote-camera-video-added", { stream: SOUND });
    line.tell("established", { stream: SOUND });
    expect(showcase.conversation.value?.tiles.value).toMatchObject([{ video: SOUND }]);
  });

  it("knows who ended it", async () => {
    const { showcase, line } = await annaCallsBoris();
    showcase.conversation.value?.end();
    line.end("CANCELLED");
    expect(showcase.conversation.value?.ending.value).toMatchObject({ byMe: true, seconds: null });
  });

  it("says so when muting fails", async () => {
    const { showcase, line } = await annaCallsBoris();
    line.refuseWith = new Error("no");
    await showcase.conversation.value?.toggleMute();
    expect(showcase.conversation.value?.muted.value).toBe(false);
    expect(showcase.conversation.value?.actionFailed.value).toBe(true);
  });

  it("says what keeps the camera away, and goes on", async () => {
    const { showcase, line } = await annaCallsBoris();
    line.tell("camera-video-removed", { reason: "USER_REQUEST" });
    line.refuseWith = new RtcError({ id: "10102", name: "DEVICE_UNAVAILABLE", description: "", remedy: "" });
    await showcase.conversation.value?.toggleCamera();
    expect(showcase.conversation.value?.mediaProblem.value).toEqual({ device: "camera", problem: "BUSY" });
    expect(showcase.conversation.value?.camera.value).toBe(false);
    expect(showcase.conversation.value?.ended.value).toBe(false);
  });

  it("says that a picture waits for the network, until it goes on or goes", async () => {
    const { showcase, line } = await annaCallsBoris();
    const tile = () => showcase.conversation.value?.tiles.value[0];
    line.tell("remote-camera-video-added", { stream: SOUND });
    line.tell("remote-camera-video-paused");
    expect(tile()).toMatchObject({ videoWaits: true, screenWaits: false });
    line.tell("remote-camera-video-resumed");
    expect(tile()).toMatchObject({ videoWaits: false });
    line.tell("remote-camera-video-paused");
    line.tell("remote-camera-video-removed");
    expect(tile()).toMatchObject({ video: null, videoWaits: false });
  });

  it("tells the own lost connection from the other's", async () => {
    const { showcase, line } = await annaCallsBoris();
    const conversation = showcase.conversation.value;
    line.tell("established", { stream: SOUND });
    line.tell("reconnecting");
    expect(conversation?.interrupted.value).toBe(true);
    line.tell("reconnected");
    expect(conversation?.interrupted.value).toBe(false);
    line.tell("remote-disconnected");
    expect(conversation?.tiles.value).toMatchObject([{ absent: true }]);
    expect(showcase.announcement.value).toBe("Boris has lost the connection.");
    line.tell("remote-reconnected");
    expect(conversation?.tiles.value).toMatchObject([{ absent: false }]);
    expect(conversation?.interrupted.value).toBe(false);
  });

  it("lets the SDK know which element shows a picture", async () => {
    const { showcase, line } = await annaCallsBoris();
    const stop = showcase.conversation.value?.watch({ id: "boris" } as MediaStream, {} as Element);
    stop?.();
    expect(line.asked).toEqual(["watch boris", "watch boris no more"]);
  });

  it("is not started twice", async () => {
    const { showcase, rtc } = await annaCallsBoris();
    showcase.start({ kind: "room", name: "tea" });
    expect(rtc.lines).toHaveLength(1);
  });
});

describe("an incoming call", () => {
  it("is accepted the way the person chose", async () => {
    const { showcase, rtc } = await annaAt();
    const line = rtc.rings("boris", true);
    expect(showcase.incoming.value).toMatchObject([{ name: "boris", video: true }]);
    showcase.accept(cardOf(showcase, "boris"), false);
    expect(line.asked).toEqual(["accept audio"]);
    expect(showcase.incoming.value).toEqual([]);
    expect(showcase.conversation.value?.phase.value).toBe("connecting");
  });

  it("is declined without leaving the lobby", async () => {
    const { showcase, rtc } = await annaAt();
    const line = rtc.rings("boris", false);
    showcase.decline(cardOf(showcase, "boris"));
    expect(line.asked).toEqual(["decline"]);
    line.end("REJECTED");
    expect(showcase.conversation.value).toBeNull();
    expect(showcase.missed.value).toBeNull();
  });

  it("that stops ringing is kept as missed", async () => {
    const { showcase, rtc } = await annaAt();
    rtc.rings("boris", false).end("CANCELLED");
    expect(showcase.missed.value).toEqual({ identity: "boris", name: "boris" });
  });

  it("beside another one has a card of its own", async () => {
    const { showcase, rtc } = await annaAt();
    const boris = rtc.rings("boris", false);
    const clara = rtc.rings("clara", true);
    expect(showcase.incoming.value.map(({ name }) => name)).toEqual(["boris", "clara"]);
    showcase.accept(cardOf(showcase, "clara"), false);
    expect(clara.asked).toEqual(["accept audio"]);
    expect(showcase.incoming.value.map(({ name }) => name)).toEqual(["boris"]);
    boris.end("CANCELLED");
    expect(showcase.incoming.value).toEqual([]);
  });

  it("that is taken during a call ends that call", async () => {
    const { showcase, rtc, line } = await annaCallsBoris();
    rtc.rings("clara", false);
    showcase.accept(cardOf(showcase, "clara"), true);
    expect(line.asked).toEqual(["hangup"]);
    expect(showcase.conversation.value?.name.value).toBe("clara");
  });
});

it("a room shows who is there, who comes and who leaves", async () => {
  const { showcase, rtc } = await annaAt();
  showcase.start({ kind: "room", name: "tea" });
  const [line] = rtc.lines;
  const tiles = () => showcase.conversation.value?.tiles.value.map(({ name, muted }) => ({ name, muted }));
  line?.tell("room-joined", { participants: [participant("1", "boris", true)], stream: SOUND });
  line?.tell("participant-joined", { participant: participant("2", "clara") });
  expect(tiles()).toEqual([
    { name: "boris", muted: true },
    { name: "clara", muted: false },
  ]);
  line?.tell("participant-unmuted", { participant: participant("1", "boris") });
  line?.tell("participant-left", { participant: participant("2", "clara") });
  expect(tiles()).toEqual([{ name: "boris", muted: false }]);
  line?.end("NORMAL_HANGUP", "room-left");
  expect(showcase.conversation.value?.ended.value).toBe(true);
});

describe("the end in plain words", () => {
  const told = (reason: string, byMe = false, inRoom = false) =>
    endingMessage({ reason, byMe, name: "Boris", inRoom }).title;

  it.each([
    ["REJECTED", "Boris declined"],
    ["BUSY", "Boris is busy"],
    ["NO_ANSWER", "Boris did not answer"],
    ["DESTINATION_NOT_FOUND", "Boris is not here"],
    ["NETWORK_ERROR", "The connection was lost"],
    ["SOMETHING_NEW", "The call ended unexpectedly"],
  ])("%s: %s", (reason, title) => {
    expect(told(reason)).toBe(title);
  });

  it("tells the own end from the other's", () => {
    expect(told("NORMAL_HANGUP", true)).toBe("You hung up");
    expect(told("NORMAL_HANGUP", false)).toBe("Boris hung up");
    expect(told("NORMAL_HANGUP", true, true)).toBe("You left the room");
  });
});
