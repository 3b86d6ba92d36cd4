import { expect, it } from "vitest";
import * as surface from "../src/index.js";

it("names its events as their kebab-case strings", () => {
  for (const [name, value] of [...Object.entries(surface.RtcEvent), ...Object.entries(surface.CallsApiEvent)]) {
    expect(value).toBe(name.toLowerCase().replaceAll("_", "-"));
  }
});

it("knows all events of calls and of clients", () => {
  // 61 of the reference and two that it had before, 10 of ours; 6 of clients and one of ours.
  expect(Object.keys(surface.CallsApiEvent)).toHaveLength(73);
  expect(Object.keys(surface.RtcEvent)).toHaveLength(7);
});

it("takes built options and plain ones for the same", () => {
  const built = surface.WebrtcCallOptions.builder().setAudio(false).setCustomData({ order: "17" }).build();
  expect(built).toMatchObject({ audio: false, video: false, customData: { order: "17" } });
  expect(new surface.WebrtcCallOptions({ audio: undefined })).toMatchObject({
    audio: true,
    video: false,
    customData: {},
  });
});
