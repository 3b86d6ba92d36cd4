import { describe, expect, it } from "vitest";
import type { EchoTest, EchoTestOptions } from "../src/api/echo.js";
import { CallStatus } from "../src/api/enums.js";
import { echoStats } from "../src/media/echo-stats.js";
import type { StatsEntry } from "../src/media/stats-entry.js";
import { DESK, harness, NORMAL, slot } from "./harness.js";

const { server, client, media, connect, wait } = harness();

async function start(options?: EchoTestOptions): Promise<[EchoTest, [string, unknown][]]> {
  await connect();
  const test = client().startEchoTest(options);
  const heard: [string, unknown][] = [];
  for (const name of ["connected", "ended", "error", "camera-video-added"] as const) {
    test.on(name, (event) => heard.push([name, event]));
  }
  await server().hears("echo.start", { microphone: true, camera: options?.video ?? false });
  await server().replies("echo.start", { callId: DESK });
  await server().hears("media.offer", { callId: DESK });
  await server().replies("media.offer", { sdp: "answer 1" });
  return [test, heard];
}

const joined = (camera: number | null) =>
  server().says({
    type: "room.joined",
    callId: DESK,
    name: "echo",
    participants: [],
    slots: [slot(0, DESK, camera)],
    videoSlots: 4,
  });

const PATH: readonly StatsEntry[] = [
  { type: "local-candidate", id: "l1", candidateType: "host", protocol: "udp" },
  { type: "remote-candidate", id: "r1", candidateType: "host", protocol: "udp" },
  { type: "candidate-pair", id: "p0", nominated: true, state: "failed" },
  {
    type: "candidate-pair",
    id: "p1",
    nominated: true,
    state: "succeeded",
    localCandidateId: "l1",
    remoteCandidateId: "r1",
  },
];

describe("an echo test", () => {
  it("brings sound and picture back, measures, and ends", async () => {
    const [test, heard] = await start({ video: true });
    expect([test.id(), test.status()]).toEqual([DESK, CallStatus.CONNECTING]);
    await joined(5);
    expect(heard).toEqual([
      ["camera-video-added", { stream: { id: "camera" } }],
      ["connected", { stream: { id: "remote-audio" }, video: { id: DESK } }],
    ]);
    expect([...media().videos]).toEqual([[DESK, 0]]);
    media().entries = PATH;
    expect((await test.stats()).path).toMatchObject({ protocol: "udp" });
    test.stop();
    await server().hears("call.hangUp", { callId: DESK });
    await server().replies("call.hangUp", {});
    await server().says({ type: "call.ended", callId: DESK, reason: NORMAL });
    expect(heard.slice(2)).toMatchObject([["ended", { errorCode: { name: "NORMAL_HANGUP" } }]]);
    expect((await test.stats()).path).toBeNull();
    expect([test.status(), media().closed]).toEqual([CallStatus.FINISHED, true]);
  });

  it("does without a picture", async () => {
    const [, heard] = await start();
    await joined(null);
    expect(heard).toEqual([["connected", { stream: { id: "remote-audio" }, video: null }]]);
    expect(media().videos.size).toBe(0);
  });

  it("ends when the platform refuses it", async () => {
    await connect();
    const test = client().startEchoTest();
    const ended: unknown[] = [];
    test.on("ended", (event) => ended.push(event));
    await server().hears("echo.start");
    await server().refuses("echo.start", "SERVICE_UNAVAILABLE");
    await wait(0);
    expect(ended).toMatchObject([{ errorCode: { name: "SERVICE_UNAVAILABLE" } }]);
    test.stop();
  });
});

describe("an echo test's measures", () => {
  it("are nothing at first", () => {
    const traffic = { packetsSent: 0, packetsReceived: 0, packetsLost: 0 };
    expect(echoStats([])).toEqual({
      path: null,
      audio: { ...traffic, levelSent: null, levelReceived: null },
      video: { ...traffic, framesDecoded: 0 },
    });
  });

  it.each<[string, StatsEntry[]]>([
    ["by the transport", [{ type: "transport", id: "t", selectedCandidatePairId: "p1" }]],
    ["by Firefox", [{ type: "candidate-pair", id: "p2", selected: true, localCandidateId: "l1" }]],
    ["by its state", []],
  ])("name the way that the packets take, marked %s", (_, marks) => {
    expect(echoStats([...PATH, ...marks]).path).toMatchObject({ localCandidateType: "host", protocol: "udp" });
  });

  it("count what went and what came back", () => {
    const stats = echoStats([
      ...PATH,
      { type: "remote-inbound-rtp", id: "1", kind: "audio", roundTripTime: 0.02 },
      { type: "media-source", id: "2", kind: "audio", audioLevel: 0.5 },
      { type: "outbound-rtp", id: "3", kind: "audio", packetsSent: 100 },
      { type: "inbound-rtp", id: "4", kind: "audio", packetsReceived: 97, packetsLost: 3, audioLevel: 0.4 },
      { type: "inbound-rtp", id: "5", kind: "audio", packetsReceived: 0, packetsLost: 0, audioLevel: 0 },
      { type: "outbound-rtp", id: "6", kind: "video", packetsSent: 60 },
      { type: "inbound-rtp", id: "7", kind: "video", packetsReceived: 60, packetsLost: 0, framesDecoded: 30 },
    ]);
    expect(stats).toEqual({
      path: { localCandidateType: "host", remoteCandidateType: "host", protocol: "udp", roundTripTime: 20 },
      audio: { packetsSent: 100, packetsReceived: 97, packetsLost: 3, levelSent: 0.5, levelReceived: 0.4 },
      video: { packetsSent: 60, packetsReceived: 60, packetsLost: 0, framesDecoded: 30 },
    });
  });
});
