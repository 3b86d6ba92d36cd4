import { expect, it } from "vitest";
import * as surface from "../src/index.js";

it("exports what works, and nothing else", () => {
  expect(Object.keys(surface).sort()).toEqual([
    "CallStatus",
    "CallsApiEvent",
    "DeclineOptions",
    "EndpointType",
    "RecordingType",
    "RoomCallOptions",
    "RtcError",
    "RtcEvent",
    "State",
    "VideoRemovalReason",
    "WebrtcCallOptions",
    "createRingbackRtc",
    "playRingback",
    "playRingtone",
  ]);
});

it("names its events as their kebab-case strings", () => {
  for (const [name, value] of [...Object.entries(surface.RtcEvent), ...Object.entries(surface.CallsApiEvent)]) {
    expect(value).toBe(name.toLowerCase().replaceAll("_", "-"));
  }
});

it("takes built options and plain ones for the same", () => {
  const built = surface.WebrtcCallOptions.builder().setAudio(false).setCustomData({ order: "17" }).build();
  expect(built).toEqual({ audio: false, video: false, customData: { order: "17" } });
  expect(new surface.WebrtcCallOptions({ audio: undefined })).toEqual({ audio: true, video: false, customData: {} });
});
