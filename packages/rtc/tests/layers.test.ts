import { describe, expect, it } from "vitest";
import type { VideoQuality } from "../src/api/video.js";
import { LayeredSender } from "../src/media/layered-sender.js";
import { cameraLayers } from "../src/media/layers.js";
import { FakeSender, FakeTrack } from "../src/testing/fake-browser.js";

const lines = (negotiated: number, wanted: number, height: number | undefined) =>
  cameraLayers(negotiated, wanted, height).map(({ active, scaleResolutionDownBy }) =>
    active ? (height ?? 720) / scaleResolutionDownBy : 0,
  );

describe("the layers of a camera", () => {
  it("each have half the lines of the next", () => {
    expect(lines(3, 3, 720)).toEqual([180, 360, 720]);
    expect(lines(3, 3, undefined)).toEqual([180, 360, 720]);
  });

  it("are fewer of a small picture", () => {
    expect(lines(3, 3, 360)).toEqual([180, 360, 0]);
    expect(lines(3, 3, 240)).toEqual([240, 0, 0]);
  });

  it("are sent up to the one that is wanted", () => {
    expect([3, 2, 1, 0].map((wanted) => lines(3, wanted, 720))).toEqual([
      [180, 360, 720],
      [180, 360, 0],
      [180, 0, 0],
      [0, 0, 0],
    ]);
    expect(lines(3, 1, 360)).toEqual([180, 0, 0]);
  });

  it("are the whole picture where only one can be sent", () => {
    expect(lines(1, 3, 720)).toEqual([720]);
    expect(lines(1, 0, 720)).toEqual([0]);
  });

  it("have more bits when they have more lines", () => {
    const bits = cameraLayers(3, 3, 720).map(({ maxBitrate }) => maxBitrate);
    expect(bits).toEqual([...bits].sort((one, other) => one - other));
    expect(cameraLayers(1, 1, 2160)[0]?.maxBitrate).toBe(3_000_000);
  });
});

describe("the quality that is wished", () => {
  const sent = (quality: VideoQuality, height: number | undefined, negotiated = 3) =>
    cameraLayers(negotiated, 3, height, quality)
      .filter(({ active }) => active)
      .map(({ scaleResolutionDownBy, maxBitrate }) => [
        Math.round((height ?? 720) / scaleResolutionDownBy),
        maxBitrate / 1000,
      ]);

  it("leaves out large layers, and divides its bits among the others", () => {
    expect(sent("LOWEST", 720)).toEqual([[180, 50]]);
    expect(sent("LOW", 720)).toEqual([[240, 180]]);
    expect(sent("MEDIUM", 720)).toEqual([
      [180, 150],
      [360, 450],
    ]);
    expect(sent("HIGH", 720)).toEqual([
      [180, 150],
      [360, 500],
      [720, 1700],
    ]);
  });

  it("makes the one layer smaller where there is only one", () => {
    expect((["LOWEST", "LOW", "MEDIUM", "HIGH"] as const).map((quality) => sent(quality, 720, 1))).toEqual([
      [[180, 50]],
      [[240, 180]],
      [[360, 500]],
      [[720, 1700]],
    ]);
  });

  it("never makes a picture larger", () => {
    expect(sent("MEDIUM", 240)).toEqual([[240, 500]]);
  });

  it("counts on 720 lines while the picture is not known", () => {
    expect(sent("MEDIUM", undefined)).toEqual(sent("MEDIUM", 720));
  });

  it("has fewer pictures where there are few bits", () => {
    expect(
      (["LOWEST", "LOW", "MEDIUM", "HIGH"] as const).map((quality) => cameraLayers(1, 1, 720, quality)[0]),
    ).toMatchObject([8, 15, 30, 30].map((maxFramerate) => ({ maxFramerate })));
  });
});

/** A sender that counts the changes, and refuses them if it is told to. */
class Sender extends FakeSender {
  set = 0;
  refuses = false;
  constructor() {
    super([{ rid: "l" }, { rid: "m" }, { rid: "h" }]);
    this.track = new FakeTrack("video", { width: 1280, height: 720 });
  }
  override async setParameters(parameters: { encodings: RTCRtpEncodingParameters[] }): Promise<void> {
    if (this.refuses) throw new DOMException("", "InvalidStateError");
    await super.setParameters(parameters);
    this.set += 1;
  }
  active = () => this.encodings.map(({ active }) => active);
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

describe("a sender of layers", () => {
  it("changes one after the other, to the latest wish", async () => {
    const sender = new Sender();
    const layered = new LayeredSender(sender as unknown as RTCRtpSender);
    for (const wanted of [3, 2, 0, 1]) layered.want(wanted);
    await settled();
    expect(sender.active()).toEqual([true, false, false]);
    expect(sender.encodings[2]).toMatchObject({ rid: "h", scaleResolutionDownBy: 1 });
    const { set } = sender;
    layered.adjust();
    await settled();
    expect(sender.set).toBe(set);
  });

  it("sends the whole picture when the platform takes one layer only", async () => {
    const sender = new Sender();
    const layered = new LayeredSender(sender as unknown as RTCRtpSender);
    layered.adjust();
    await settled();
    sender.encodings = sender.encodings.slice(0, 1);
    layered.adjust();
    await settled();
    expect(sender.encodings).toMatchObject([{ rid: "l", active: true, scaleResolutionDownBy: 1 }]);
  });

  it("goes on when the browser refuses", async () => {
    const sender = new Sender();
    const layered = new LayeredSender(sender as unknown as RTCRtpSender);
    sender.refuses = true;
    layered.want(1);
    await settled();
    sender.refuses = false;
    layered.want(0);
    await settled();
    expect(sender.active()).toEqual([false, false, false]);
  });
});
