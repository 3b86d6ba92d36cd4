import type { EchoTestStats, RingbackRtc } from "@ringback/rtc";
import { describe, expect, it } from "vitest";
import { ConnectionTest } from "../src/model/connection-test";
import { figuresOf, judgeEcho, judgePath, verdictOf } from "../src/model/findings";

const TRAFFIC = { packetsSent: 100, packetsReceived: 100, packetsLost: 0 };
const CLEAR: EchoTestStats = {
  path: { localCandidateType: "host", remoteCandidateType: "host", protocol: "udp", roundTripTime: 20 },
  audio: { ...TRAFFIC, levelSent: 0.2, levelReceived: 0.2 },
  video: { ...TRAFFIC, framesDecoded: 50 },
};

type Listener = (event: object) => void;

function fakeEcho(stats: EchoTestStats | null) {
  return {
    stopped: false,
    on(name: string, listener: Listener) {
      if (name === (stats === null ? "ended" : "connected")) queueMicrotask(() => listener({ stream: {}, video: {} }));
    },
    stats: async () => stats,
    stop() {
      this.stopped = true;
    },
  };
}

interface Circumstances {
  readonly status?: number;
  readonly refused?: boolean;
  readonly failing?: string;
  readonly stats?: EchoTestStats | null;
}

function setUp({ status = 200, refused = false, failing, stats = CLEAR }: Circumstances = {}) {
  const echo = fakeEcho(stats);
  const rtc = {
    disconnected: false,
    connect: () => (refused ? Promise.reject(new Error("refused")) : Promise.resolve()),
    startEchoTest: () => echo,
    disconnect() {
      this.disconnected = true;
    },
  };
  const getUserMedia = async ({ video }: MediaStreamConstraints = {}) => {
    if (failing === "microphone" || (failing === "camera" && video)) {
      throw Object.assign(new Error(), { name: "NotFoundError" });
    }
    return { getTracks: () => [], getAudioTracks: () => [] } as unknown as MediaStream;
  };
  const test = new ConnectionTest({
    createRtc: () => rtc as unknown as RingbackRtc,
    fetch: async () => new Response(JSON.stringify({ token: "secret" }), { status }),
    devices: { mediaDevices: { getUserMedia, enumerateDevices: async () => [] } },
    token: null,
    now: () => new Date(0),
    browser: "a browser",
    pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds > 1000 ? milliseconds : 0)),
    randomName: () => "anna",
  });
  const codes = () => test.findings.value.map(({ code }) => code);
  return { test, echo, rtc, codes };
}

describe("the test", () => {
  it("goes from the server to the echo, and gives everything back", async () => {
    const { test, echo, rtc, codes } = setUp();
    await test.run();
    expect(codes()).toEqual(["CONNECTED", "DEVICES_READY", "UDP", "ECHO_CLEAR"]);
    expect(test.verdict.value).toBe("good");
    expect([echo.stopped, rtc.disconnected, test.running.value, test.echo.value]).toEqual([true, true, null, null]);
  });

  it.each<[string, Circumstances, string[]]>([
    ["the demo is off", { status: 404 }, ["NO_TOKEN"]],
    ["the token is refused", { refused: true }, ["NO_SIGNALING"]],
    ["there is no microphone", { failing: "microphone" }, ["CONNECTED", "NO_MICROPHONE"]],
    ["no media comes through", { stats: null }, ["CONNECTED", "DEVICES_READY", "NO_PATH"]],
  ])("fails when %s", async (_, circumstances, expected) => {
    const { test, codes } = setUp(circumstances);
    await test.run();
    expect(codes()).toEqual(expected);
    expect(test.verdict.value).toBe("bad");
  });

  it("goes on without a camera", async () => {
    const { test, codes } = setUp({ failing: "camera" });
    await test.run();
    expect(codes()).toEqual(["CONNECTED", "NO_CAMERA", "UDP", "ECHO_CLEAR"]);
    expect(test.verdict.value).toBe("fair");
  });

  it("reports without names and tokens", async () => {
    const { test } = setUp();
    await test.run();
    expect(test.report.value).toContain("path: good UDP");
    expect(test.report.value).toContain("round trip: 20 ms");
    expect(test.report.value).not.toMatch(/secret|anna/);
  });
});

describe("a finding", () => {
  it.each<[string, Partial<EchoTestStats["audio"]>, number, string]>([
    ["no sound", { packetsReceived: 0 }, 50, "NO_SOUND"],
    ["no picture", {}, 0, "NO_PICTURE"],
    ["loss", { packetsLost: 10 }, 50, "LOSSY"],
  ])("tells of %s", (_, audio, framesDecoded, code) => {
    const stats = { ...CLEAR, audio: { ...CLEAR.audio, ...audio }, video: { ...CLEAR.video, framesDecoded } };
    expect(judgeEcho(stats, figuresOf(stats, 0.2), true).code).toBe(code);
  });

  it("tells of a silent microphone, where the browser says how loud it is", () => {
    expect(judgeEcho(CLEAR, figuresOf(CLEAR, 0), true).code).toBe("SILENT");
    expect(judgeEcho(CLEAR, figuresOf(CLEAR, null), true).code).toBe("ECHO_CLEAR");
  });

  it("tells of a long way and of TCP", () => {
    const path = { localCandidateType: null, remoteCandidateType: null, protocol: "tcp", roundTripTime: 400 };
    const stats = { ...CLEAR, path };
    expect(judgePath(stats).code).toBe("TCP");
    expect(judgeEcho(stats, figuresOf(stats, 0.2), true).code).toBe("SLOW");
  });

  it("is as bad as the worst one", () => {
    const fair = { step: "path", grade: "fair", code: "TCP" } as const;
    expect(verdictOf([fair, { step: "echo", grade: "good", code: "ECHO_CLEAR" }])).toBe("fair");
    expect(verdictOf([fair, { step: "echo", grade: "bad", code: "NO_SOUND" }])).toBe("bad");
  });
});
