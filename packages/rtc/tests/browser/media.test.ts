import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AudioQualityMode } from "../../src/api/enums.js";
import { BrowserMedia } from "../../src/media/browser-media.js";
import type { MediaListener } from "../../src/media/handler.js";
import { type MediaOptions, mediaWishes } from "../../src/media/wishes.js";
import { RTCMediaDevice } from "../../src/rtc-media-device.js";

let media: BrowserMedia;
let connections: RTCPeerConnection[];
const Original = globalThis.RTCPeerConnection;
const told: string[] = [];
const listener: MediaListener = {
  pathLost: () => told.push("pathLost"),
  mediaFlows: () => told.push("mediaFlows"),
  cameraLost: () => told.push("cameraLost"),
  microphoneLost: () => told.push("microphoneLost"),
  screenEnded: () => told.push("screenEnded"),
  talkingWhileMuted: () => told.push("talkingWhileMuted"),
};

function make(options: MediaOptions = {}, devices: { microphone?: string; camera?: string } = {}): void {
  media = new BrowserMedia(
    listener,
    mediaWishes(options, { microphone: null, camera: null, ...devices }),
    async () => [],
  );
}

const sender = (index: number): RTCRtpSender => connections[0]?.getTransceivers()[index]?.sender as RTCRtpSender;
const encodings = (index: number): RTCRtpEncodingParameters[] => sender(index).getParameters().encodings;
const deviceOf = (index: number): string | undefined => sender(index).track?.getSettings().deviceId;
/** The names of an m-line's codecs, in the order of the offer. */
const codecs = (sdp: string, index: number): string[] => {
  const section = sdp.split("\r\nm=")[index + 1] ?? "";
  const types = section.split(" ").slice(3).join(" ").split("\r\n", 1)[0]?.split(" ") ?? [];
  return types.map((type) => section.match(new RegExp(`a=rtpmap:${type} ([^/]+)/`))?.[1] ?? type);
};

beforeEach(() => {
  connections = [];
  told.length = 0;
  globalThis.RTCPeerConnection = class extends Original {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      connections.push(this);
    }
  };
});

afterEach(async () => {
  await media.close();
  globalThis.RTCPeerConnection = Original;
});

describe("the offer", () => {
  it("sends VP8 in three layers, and the tones of a telephone", async () => {
    make();
    const sdp = await media.createOffer(false);
    expect(codecs(sdp, 0)[0]).toBe("opus");
    expect(codecs(sdp, 0)).toContain("telephone-event");
    expect(codecs(sdp, 3)).not.toContain("telephone-event");
    expect(codecs(sdp, 1)[0]).toBe("VP8");
    expect(encodings(1).map(({ rid }) => rid)).toEqual(["l", "m", "h"]);
  });

  it.each(["VP9", "H264", "AV1"] as const)(
    "sends %s in one size where it is wished, and takes VP8 all the same",
    async (videoCodec) => {
      make({ videoOptions: { videoCodec } });
      const sdp = await media.createOffer(false);
      expect([codecs(sdp, 1), codecs(sdp, 2)]).toEqual(Array(2).fill([videoCodec, "rtx"]));
      expect(codecs(sdp, 6)[0]).toBe("VP8");
      expect(encodings(1)).toHaveLength(1);
    },
  );
});

describe("devices", () => {
  it("are those of the options, and change while they are on", async () => {
    const cameras = await RTCMediaDevice.getVideoInputDevices();
    const microphones = await RTCMediaDevice.getAudioInputDevices();
    const [first, second] = [cameras[0]?.deviceId ?? "", cameras[1]?.deviceId ?? ""];
    make({ videoOptions: { deviceId: second, cameraVideoFrameRate: 10 } });
    const stream = await media.open({ microphone: true, camera: true });
    expect([deviceOf(1), sender(1).track?.getSettings().frameRate]).toEqual([second, 10]);
    await media.useCamera({ deviceId: first });
    await media.useMicrophone(microphones[2]?.deviceId ?? "");
    expect([deviceOf(1), deviceOf(0)]).toEqual([first, microphones[2]?.deviceId]);
    expect(stream?.getTracks()).toEqual([sender(1).track]);
  });

  it("stay when there is no camera that looks the other way", async () => {
    make();
    await media.open({ microphone: false, camera: true });
    const before = sender(1).track;
    await expect(media.useCamera({ orientation: "environment" })).rejects.toMatchObject({
      errorCode: { name: "DEVICE_NOT_FOUND" },
    });
    expect([sender(1).track, before?.readyState, media.wishes().cameraOrientation]).toEqual([before, "live", "user"]);
  });
});

describe("what is spent", () => {
  it("on sound is limited by the mode, or not at all", async () => {
    make({ audioOptions: { audioQualityMode: AudioQualityMode.LOW_DATA } });
    await media.createOffer(false);
    await media.open({ microphone: true, camera: false });
    media.setAudioQuality(AudioQualityMode.LOW_DATA);
    await expect.poll(() => encodings(0)[0]?.maxBitrate).toBe(16_000);
    media.setAudioQuality(AudioQualityMode.HIGH_QUALITY);
    await expect.poll(() => encodings(0)[0]?.maxBitrate).toBe(64_000);
    media.setAudioQuality(AudioQualityMode.AUTO);
    await expect.poll(() => encodings(0)[0]?.maxBitrate).toBeUndefined();
  });

  it("on pictures is limited by the quality", async () => {
    make({ videoOptions: { videoQuality: "LOWEST" } });
    await media.open({ microphone: false, camera: true });
    const active = () => encodings(1).filter((encoding) => encoding.active);
    await expect
      .poll(() => active().map(({ maxBitrate, maxFramerate }) => [maxBitrate, maxFramerate]))
      .toEqual([[50_000, 8]]);
    media.setVideoQuality("HIGH");
    await expect.poll(() => active().map(({ maxBitrate }) => maxBitrate)).toEqual([150_000, 500_000, 1_700_000]);
  });

  it("on tones is nothing before somebody takes them", async () => {
    make();
    expect(() => media.sendTones("1")).toThrow(
      expect.objectContaining({ errorCode: expect.objectContaining({ name: "FEATURE_UNAVAILABLE" }) }),
    );
  });
});
