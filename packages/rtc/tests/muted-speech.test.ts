import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type LevelMeter, MutedSpeech, openMeter, SpeechDetector } from "../src/media/muted-speech.js";
import { FakeTrack } from "../src/testing/fake-browser.js";

/** Ten looks are a second. */
const detect = (levels: readonly number[]): number[] => {
  const detector = new SpeechDetector();
  return levels.flatMap((level, look) => (detector.hears(level) ? [look] : []));
};
const loud = (looks: number): number[] => Array(looks).fill(0.1);
const quiet = (looks: number): number[] => Array(looks).fill(0.001);

describe("speech", () => {
  it("is told once, after 0.4 seconds", () => {
    expect(detect(loud(50))).toEqual([3]);
  });

  it("may have gaps between its syllables", () => {
    expect(detect([...loud(2), ...quiet(2), ...loud(2)])).toEqual([5]);
  });

  it("is no cough, nor many", () => {
    expect(detect([...loud(3), ...quiet(3), ...loud(3), ...quiet(3), ...loud(3)])).toEqual([]);
  });

  it("is told again after three seconds of quiet, and not before", () => {
    expect(detect([...loud(10), ...quiet(29), ...loud(10)])).toEqual([3]);
    expect(detect([...loud(10), ...quiet(30), ...loud(10)])).toEqual([3, 43]);
  });
});

describe("a muted microphone", () => {
  let level: number;
  let opened: FakeTrack[];
  let ends: string[];
  const tell = vi.fn();
  const open = (track: MediaStreamTrack): LevelMeter => {
    opened.push(track as unknown as FakeTrack);
    return { level: () => level, close: () => ends.push("closed") };
  };
  const microphone = (): MediaStreamTrack => {
    const track = new FakeTrack("audio");
    track.enabled = false;
    return track as unknown as MediaStreamTrack;
  };

  beforeEach(() => {
    vi.useFakeTimers();
    [level, opened, ends] = [0, [], []];
    tell.mockReset();
  });

  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it("is listened to by a clone, which ends with it", () => {
    const speech = new MutedSpeech(open, tell);
    const track = microphone();
    speech.listen(track);
    expect([track.enabled, opened[0]?.enabled]).toEqual([false, true]);
    vi.advanceTimersByTime(1000);
    expect(tell).not.toHaveBeenCalled();
    level = 0.1;
    vi.advanceTimersByTime(1000);
    expect(tell).toHaveBeenCalledOnce();
    speech.stop();
    speech.stop();
    expect([opened[0]?.stopped, ends]).toEqual([true, ["closed"]]);
  });

  it("gives way to another", () => {
    const speech = new MutedSpeech(open, tell);
    speech.listen(microphone());
    speech.listen(microphone());
    expect(opened.map(({ stopped }) => stopped)).toEqual([true, false]);
    speech.stop();
  });

  it("is left alone where it cannot be measured", () => {
    expect(openMeter(microphone())).toBeNull();
    const track = new FakeTrack("audio");
    const clone = new FakeTrack("audio");
    track.clone = () => clone;
    const speech = new MutedSpeech(openMeter, tell);
    speech.listen(track as unknown as MediaStreamTrack);
    expect(clone.stopped).toBe(true);
    speech.stop();
  });
});
