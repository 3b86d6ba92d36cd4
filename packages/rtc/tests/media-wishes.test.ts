import { describe, expect, it } from "vitest";
import { levels } from "../src/media/levels.js";
import type { StatsEntry } from "../src/media/stats-entry.js";
import { mediaWishes } from "../src/media/wishes.js";

const NO_DEVICES = { microphone: null, camera: null };

describe("the wishes of options", () => {
  it("have defaults", () => {
    expect(mediaWishes({}, { microphone: "headset", camera: "webcam" })).toEqual({
      microphone: "headset",
      camera: "webcam",
      cameraOrientation: "user",
      cameraFrameRate: 30,
      screenFrameRate: 15,
      audioQuality: 0,
      videoQuality: "HIGH",
      videoCodec: "VP8",
      detectTalkingWhileMuted: false,
    });
  });

  it("name a camera before the client does", () => {
    expect(mediaWishes({ videoOptions: { deviceId: "back" } }, { microphone: null, camera: "webcam" }).camera).toBe(
      "back",
    );
  });

  it.each([
    [-1, 5, 1],
    [5, 5, 5],
    [24, 24, 24],
    [1000, 30, 30],
    [Number.NaN, 30, 15],
  ])("have %d pictures per second within bounds: %d of the camera, %d of the screen", (wish, camera, screen) => {
    const videoOptions = { cameraVideoFrameRate: wish, screenShareFrameRate: wish };
    const { cameraFrameRate, screenFrameRate } = mediaWishes({ videoOptions }, NO_DEVICES);
    expect([cameraFrameRate, screenFrameRate]).toEqual([camera, screen]);
  });
});

describe("levels", () => {
  const entry = (more: Partial<StatsEntry>): StatsEntry => ({ id: "", type: "inbound-rtp", kind: "audio", ...more });

  it("are read by microphone and slot", () => {
    const entries = [
      entry({ type: "media-source", audioLevel: 0.5 }),
      entry({ mid: "4", audioLevel: 0.25 }),
      entry({ mid: "3" }),
      entry({ mid: "5", kind: "video", audioLevel: 1 }),
    ];
    expect(levels(entries, ["3", "4", "5"])).toEqual({ microphone: 0.5, slots: [null, 0.25, null] });
  });

  it("are not known of a browser that says nothing", () => {
    expect(levels([], [null])).toEqual({ microphone: null, slots: [null] });
  });
});
