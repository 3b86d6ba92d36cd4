import { afterEach, describe, expect, it, vi } from "vitest";
import { playRingback, playRingtone, samples } from "../src/tones.js";

const done: string[] = [];

class Context {
  readonly sampleRate = 8000;
  readonly destination = {};
  readonly source = {
    buffer: null,
    loop: false,
    connect: () => {},
    start: () => void done.push("start"),
    stop: () => void done.push("stop"),
  };
  createBuffer = (_: number, length: number, rate: number) => {
    done.push(`${length / rate} s`);
    return { copyToChannel() {} };
  };
  createBufferSource = () => this.source;
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
    expect(done).toEqual([length, "start", "stop", "close"]);
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
