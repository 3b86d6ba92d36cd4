import { afterEach, describe, expect, it, vi } from "vitest";
import { playRingback, playRingtone, samples } from "../src/tones.js";

/** Bytes are read in the background, which a busy machine does late; in milliseconds. */
const PATIENCE = 4_000;

const done: string[] = [];
let source: { buffer: unknown };

class Context {
  readonly sampleRate = 8000;
  readonly destination = {};
  readonly source = {
    buffer: null as unknown,
    loop: false,
    connect: () => {},
    start: () => void done.push("start"),
  };
  createBuffer = (_: number, length: number, rate: number) => {
    done.push(`${length / rate} s`);
    return { copyToChannel() {} };
  };
  createBufferSource = () => {
    source = this.source;
    return this.source;
  };
  decodeAudioData = async (bytes: ArrayBuffer) => {
    if (bytes.byteLength === 0) throw new DOMException("", "EncodingError");
    return { decoded: bytes.byteLength };
  };
  resume = () => Promise.reject(new DOMException("", "NotAllowedError"));
  close = async () => void done.push("close");
}

afterEach(() => {
  vi.unstubAllGlobals();
  done.length = 0;
});

describe("tones", () => {
  it.each([
    ["what a caller hears", playRingback, "5 s"],
    ["what the called hears", playRingtone, "3 s"],
  ])("are %s, until they are stopped", (_, play, length) => {
    vi.stubGlobal("AudioContext", Context);
    const stop = play();
    expect(done).toEqual([length, "start"]);
    stop();
    stop();
    expect(done).toEqual([length, "start", "close"]);
  });

  it("are an application's own where it gives one", async () => {
    vi.stubGlobal("AudioContext", Context);
    vi.stubGlobal("fetch", async (url: string) => new Response(`${url} rings`));
    const stop = playRingtone("bell.ogg");
    expect(done).toEqual([]);
    await vi.waitFor(() => expect(done).toEqual(["start"]), PATIENCE);
    expect(source.buffer).toEqual({ decoded: "bell.ogg rings".length });
    stop();
    const decoded = {} as AudioBuffer;
    playRingback(decoded)();
    expect(source.buffer).toBe(decoded);
  });

  it.each([
    ["is not there", async () => new Response(null, { status: 404 })],
    ["is no sound", async () => new Response("")],
    ["cannot be reached", () => Promise.reject(new TypeError())],
  ])("are computed when an application's own %s", async (_, fetch) => {
    vi.stubGlobal("AudioContext", Context);
    vi.stubGlobal("fetch", fetch);
    playRingback("bell.ogg");
    await vi.waitFor(() => expect(done).toEqual(["5 s", "start"]), PATIENCE);
  });

  it("do not begin when they are stopped while they are loaded", async () => {
    vi.stubGlobal("AudioContext", Context);
    const answer = Promise.resolve(new Response("sound"));
    vi.stubGlobal("fetch", () => answer);
    playRingback("bell.ogg")();
    await answer;
    await new Promise((resolve) => setTimeout(resolve));
    expect(done).toEqual(["close"]);
  });

  it("are silent where there is no Web Audio", () => {
    playRingback()();
    expect(done).toEqual([]);
  });

  it("swell and fade without clicks, and never clip", () => {
    const tone = samples(
      [
        { frequencies: [425, 850], seconds: 0.5 },
        { frequencies: [], seconds: 0.25 },
      ],
      8000,
    );
    expect(tone).toHaveLength(6000);
    const loudest = Math.max(...tone.map(Math.abs));
    expect(loudest).toBeGreaterThan(0.1);
    expect(loudest).toBeLessThan(0.25);
    expect([tone[0], tone[3999], tone[5999]].map((sample) => Math.abs(sample ?? 1) < 0.001)).toEqual(
      Array(3).fill(true),
    );
  });
});
