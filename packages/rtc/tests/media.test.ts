import { describe, expect, it } from "vitest";
import { AUDIO, VIDEO, wantedCodecs } from "../src/media/codecs.js";
import { deviceError } from "../src/media/devices.js";
import { Negotiation } from "../src/media/negotiation.js";
import { Reconciler } from "../src/media/reconciler.js";
import { totalAudioStats } from "../src/media/total-stats.js";
import { mediaWishes, NO_WISHES } from "../src/media/wishes.js";
import { FakeMedia } from "../src/testing/fake-media.js";
import { settle } from "../src/testing/fake-server.js";
import { NO_SERVERS, NOBODY } from "./harness.js";

describe("an offer's codecs", () => {
  const codec = (mimeType: string, sdpFmtpLine?: string) => ({ mimeType, sdpFmtpLine });

  it("are only those that the platform forwards, best first", () => {
    const audio = ["red", "PCMA", "opus", "G722", "PCMU", "CN"].map((name) => codec(`audio/${name}`));
    expect(wantedCodecs(AUDIO, audio).map(({ mimeType }) => mimeType)).toEqual([
      "audio/opus",
      "audio/red",
      "audio/PCMU",
      "audio/PCMA",
    ]);
    const video = ["rtx", "AV1", "H265", "VP9", "VP8", "red", "ulpfec"].map((name) => codec(`video/${name}`));
    expect(wantedCodecs(VIDEO, video).map(({ mimeType }) => mimeType)).toEqual([
      "video/VP8",
      "video/VP9",
      "video/AV1",
      "video/rtx",
    ]);
  });

  it("have the kind of H.264 that all browsers with H.264 know", () => {
    const common = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f";
    const firefox = "profile-level-id=42e01f;level-asymmetry-allowed=1;packetization-mode=1";
    const known = [
      codec("video/H264", "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f"),
      codec("video/H264", common),
      codec("video/H264", "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=640c1f"),
      codec("video/H264", firefox),
      codec("video/H264"),
      codec("video/rtx"),
      codec("video/VP8"),
    ];
    expect(wantedCodecs(VIDEO, known)).toEqual([
      codec("video/VP8"),
      codec("video/H264", common),
      codec("video/H264", firefox),
      codec("video/rtx"),
    ]);
  });

  it("have the kinds of VP9 and AV1 with 8 bits", () => {
    const known = [
      codec("video/VP9", "profile-id=2"),
      codec("video/VP9", "profile-id=0"),
      codec("video/AV1", "level-idx=5;profile=1;tier=0"),
      codec("video/AV1", "level-idx=5;profile=0;tier=0"),
      codec("video/VP9", "max-fr=60; profile-id=1"),
    ];
    expect(wantedCodecs(VIDEO, known)).toEqual([
      codec("video/VP9", "profile-id=0"),
      codec("video/AV1", "level-idx=5;profile=0;tier=0"),
    ]);
  });
});

describe("a device that cannot be opened", () => {
  it.each([
    ["NotAllowedError", "DEVICE_FORBIDDEN", "10100"],
    ["SecurityError", "DEVICE_FORBIDDEN", "10100"],
    ["NotFoundError", "DEVICE_NOT_FOUND", "10101"],
    ["OverconstrainedError", "DEVICE_NOT_FOUND", "10101"],
    ["NotReadableError", "DEVICE_UNAVAILABLE", "10102"],
    ["AbortError", "DEVICE_UNAVAILABLE", "10102"],
  ])("by %s is %s, and says what the browser said", (name, cause, id) => {
    const said = new DOMException("", name);
    const error = deviceError(said);
    expect(error.errorCode).toMatchObject({ id, name: cause });
    expect(error.cause).toBe(said);
  });

  it("for an unknown reason is unavailable", () => {
    expect(deviceError("?").errorCode.name).toBe("DEVICE_UNAVAILABLE");
  });
});

describe("negotiations", () => {
  it("go one after the other, also after one that failed", async () => {
    const media = new FakeMedia(NOBODY, mediaWishes({}, NO_WISHES), NO_SERVERS);
    const exchanges: { sdp: string; answer: (sdp: string) => void; refuse: (error: Error) => void }[] = [];
    const negotiation = new Negotiation(
      media,
      (sdp) => new Promise((answer, refuse) => exchanges.push({ sdp, answer, refuse })),
    );
    const turns = [negotiation.negotiate(), negotiation.negotiate(true)];
    await settle();
    expect(exchanges.map(({ sdp }) => sdp)).toEqual(["offer 1"]);
    exchanges[0]?.answer("answer 1");
    await settle();
    expect(exchanges.map(({ sdp }) => sdp)).toEqual(["offer 1", "offer 2"]);
    exchanges[1]?.refuse(new Error("No"));
    await expect(turns[1]).rejects.toThrow("No");
    await turns[0];
    expect(media.answers).toEqual(["answer 1"]);
  });
});

describe("a reconciler", () => {
  it("skips wishes that were replaced", async () => {
    const steps: number[] = [];
    const reconciler = new Reconciler(0, async (wish) => {
      await Promise.resolve();
      steps.push(wish);
    });
    await Promise.all([1, 2, 3].map((wish) => reconciler.want(wish)));
    expect(steps).toEqual([1, 3]);
    await reconciler.want(3);
    expect(steps).toEqual([1, 3]);
    await reconciler.want(4);
    expect([reconciler.actual(), steps]).toEqual([4, [1, 3, 4]]);
  });

  it("takes a failed wish back, and goes on to a newer one", async () => {
    const reconciler = new Reconciler(0, async (wish) => {
      await Promise.resolve();
      if (wish === 1) throw new Error("Not 1");
    });
    await expect(reconciler.want(1)).rejects.toThrow("Not 1");
    expect([reconciler.actual(), reconciler.wish()]).toEqual([0, 0]);
    await Promise.all([reconciler.want(1), reconciler.want(2)]);
    expect(reconciler.actual()).toBe(2);
  });
});

describe("the totals of sound", () => {
  it("add up what was received and name the codec", () => {
    const report = [
      { type: "codec", id: "c1", mimeType: "audio/opus" },
      {
        type: "outbound-rtp",
        id: "o1",
        kind: "audio",
        codecId: "c1",
        packetsSent: 100,
        bytesSent: 5000,
        retransmittedPacketsSent: 1,
        retransmittedBytesSent: 50,
      },
      { type: "outbound-rtp", id: "o2", kind: "video", packetsSent: 999 },
      { type: "remote-inbound-rtp", id: "r1", kind: "audio", roundTripTime: 0.25 },
      {
        type: "inbound-rtp",
        id: "i1",
        kind: "audio",
        packetsReceived: 90,
        bytesReceived: 4500,
        packetsLost: 3,
        jitter: 0.5,
      },
      {
        type: "inbound-rtp",
        id: "i2",
        kind: "audio",
        packetsReceived: 10,
        bytesReceived: 500,
        packetsLost: 1,
        jitter: 0.25,
      },
      { type: "inbound-rtp", id: "i3", kind: "audio", packetsReceived: 0 },
    ];
    expect(totalAudioStats(report)).toEqual({
      codec: "audio/opus",
      roundTripTime: 250,
      jitter: 375,
      packetsSent: 100,
      packetsReceived: 100,
      bytesSent: 5000,
      bytesReceived: 5000,
      retransmittedPacketsSent: 1,
      retransmittedBytesSent: 50,
      packetsLost: 4,
    });
  });

  it("leave out what never came", () => {
    expect(totalAudioStats([])).toMatchObject({ codec: null, roundTripTime: null, jitter: null, packetsSent: 0 });
  });
});
