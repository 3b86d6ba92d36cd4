import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AudioQualityMode } from "../src/api/enums.js";
import { BrowserMedia } from "../src/media/browser-media.js";
import { listDevices } from "../src/media/devices.js";
import { type MediaWishes, mediaWishes } from "../src/media/wishes.js";
import {
  FakeBrowser,
  type FakePeerConnection,
  type FakeSender,
  FakeStream,
  FakeTrack,
  type FakeTransceiver,
} from "../src/testing/fake-browser.js";

type GetUserMedia = FakeBrowser["getUserMedia"];
type GetDisplayMedia = FakeBrowser["getDisplayMedia"];
const getUserMedia = vi.fn<GetUserMedia>();
const getDisplayMedia = vi.fn<GetDisplayMedia>();
let browser: FakeBrowser;
let uninstall: () => void;
let told: string[] = [];
let servers: RTCIceServer[] = [];

const WISHES = mediaWishes({}, { microphone: "headset", camera: null });

function make(wishes: Partial<MediaWishes> = {}): {
  media: BrowserMedia;
  connection: FakePeerConnection;
  at: (index: number) => FakeTransceiver;
} {
  const media = new BrowserMedia(
    {
      pathLost: () => told.push("pathLost"),
      mediaFlows: () => told.push("mediaFlows"),
      cameraLost: () => told.push("cameraLost"),
      microphoneLost: ({ name }) => told.push(`microphoneLost ${name}`),
      screenEnded: () => told.push("screenEnded"),
      talkingWhileMuted: () => told.push("talkingWhileMuted"),
    },
    { ...WISHES, ...wishes },
    async () => servers,
  );
  const connection = browser.connections[0];
  if (connection === undefined) throw new Error("No connection was made");
  return { media, connection, at: (index) => connection.at(index) };
}

beforeEach(() => {
  browser = new FakeBrowser();
  told = [];
  servers = [];
  getDisplayMedia.mockReset();
  getDisplayMedia.mockImplementation(browser.getDisplayMedia);
  browser.getDisplayMedia = getDisplayMedia;
  getUserMedia.mockReset();
  getUserMedia.mockImplementation(browser.getUserMedia);
  browser.getUserMedia = getUserMedia;
  uninstall = browser.install();
});

afterEach(() => {
  vi.unstubAllGlobals();
  uninstall();
});

describe("the offer", () => {
  it("has the layout of the protocol, trimmed to what the platform forwards", async () => {
    const { media, connection } = make();
    expect(connection.transceivers.map(({ kind, direction, codecs }) => [kind, direction, codecs.join()])).toEqual([
      ["audio", "sendonly", "audio/opus,audio/red,audio/PCMA,audio/telephone-event"],
      ["video", "sendonly", "video/VP8,video/VP9,video/rtx"],
      ["video", "sendonly", "video/VP8,video/VP9,video/rtx"],
      ...Array(3).fill(["audio", "recvonly", "audio/opus,audio/red,audio/PCMA"]),
      ...Array(4).fill(["video", "recvonly", "video/VP8,video/VP9,video/rtx"]),
    ]);
    expect(await media.createOffer(false)).toBe("offer false");
    expect(connection.localDescription).toEqual({ type: "offer", sdp: "offer false" });
    await media.acceptAnswer("answer");
    expect(connection.remoteDescription).toEqual({ type: "answer", sdp: "answer" });
    expect(await media.createOffer(true)).toBe("offer true");
  });

  it("has the one codec that is wished for what is sent, if the browser knows it", () => {
    make({ videoCodec: "VP9" });
    make({ videoCodec: "AV1" });
    const codecs = browser.connections.map((made) => [1, 2, 6].map((index) => made.at(index).codecs.join()));
    const all = "video/VP8,video/VP9,video/rtx";
    expect(codecs).toEqual([
      ["video/VP9,video/rtx", "video/VP9,video/rtx", all],
      [all, all, all],
    ]);
    expect(browser.connections.map((made) => made.at(1).sender.encodings.length)).toEqual([1, 3]);
  });

  it("has no header extensions that the platform does not use", () => {
    const { at } = make();
    for (const index of [0, 1, 6]) {
      expect(
        at(index)
          .getHeaderExtensionsToNegotiate()
          .map(({ direction }) => direction),
      ).toEqual(["sendrecv", "stopped", "stopped"]);
    }
  });

  it("knows the platform's TURN servers, with newer credentials when it looks for new paths", async () => {
    const { media, connection } = make();
    const first = [{ urls: ["turn:turn.example.org"], username: "1:a", credential: "x" }];
    servers = first;
    await media.createOffer(false);
    expect(connection.getConfiguration()).toEqual({ bundlePolicy: "max-bundle", iceServers: first });
    const second = [{ urls: ["turn:turn.example.org"], username: "2:a", credential: "y" }];
    servers = second;
    await media.createOffer(false);
    expect(connection.getConfiguration().iceServers).toEqual(first);
    await media.createOffer(true);
    expect(connection.getConfiguration().iceServers).toEqual(second);
  });

  it("has more slots when they are asked for, and never fewer", () => {
    const { media, connection, at } = make();
    expect(media.addVideoSlots(4)).toBe(false);
    expect(media.addVideoSlots(9)).toBe(true);
    expect(media.addVideoSlots(4)).toBe(false);
    expect(connection.transceivers.slice(10).map(({ kind, direction }) => [kind, direction])).toEqual(
      Array(5).fill(["video", "recvonly"]),
    );
    expect(media.showVideo("kitchen", 8).getTracks()).toEqual([at(14).receiver.track]);
  });

  it("is wished again when nothing arrives any more, and when the connection fails", () => {
    const { connection } = make();
    for (const state of ["connecting", "connected", "disconnected", "failed"] as const) {
      connection.becomes(state);
      told.push(state);
    }
    expect(told).toEqual(["connecting", "connected", "pathLost", "disconnected", "pathLost", "failed"]);
  });

  it("is wished again when nothing arrives although this side sends, long before the browser says so", async () => {
    vi.useFakeTimers();
    const { media, connection } = make();
    let packetsSent = 0;
    connection.remoteDescription = { type: "answer" };
    connection.getStats = async () =>
      new Map([["T", { type: "transport", id: "T", packetsSent: packetsSent++, packetsReceived: 7 }]]);
    connection.becomes("connected");
    await vi.advanceTimersByTimeAsync(2_500);
    expect(told).toEqual(["pathLost"]);
    await media.close();
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });
});

describe("the microphone and the camera", () => {
  it("are opened by one question", async () => {
    const { media, at } = make();
    const stream = await media.open({ microphone: true, camera: true });
    expect(getUserMedia).toHaveBeenCalledOnce();
    expect(at(0).sender.track).toMatchObject({ kind: "audio", enabled: true });
    expect(stream?.getTracks()).toEqual([at(1).sender.track]);
  });

  it("are left alone when they are not wanted", async () => {
    const { media } = make();
    expect(await media.open({ microphone: false, camera: false })).toBeNull();
    await media.setMicrophone(false);
    expect(getUserMedia).not.toHaveBeenCalled();
  });

  it("stay silent when muted while they open", async () => {
    const { media, at } = make();
    const opening = media.open({ microphone: true, camera: false });
    await media.setMicrophone(false);
    await opening;
    expect(at(0).sender.track).toMatchObject({ enabled: false, stopped: false });
    await media.setMicrophone(true);
    expect(at(0).sender.track?.enabled).toBe(true);
    expect(getUserMedia).toHaveBeenCalledOnce();
  });

  it("are opened late, and asked for once at a time", async () => {
    const { media, at } = make();
    getUserMedia.mockRejectedValueOnce(new DOMException("", "NotFoundError"));
    await expect(media.setMicrophone(true)).rejects.toMatchObject({ errorCode: { name: "DEVICE_NOT_FOUND" } });
    await Promise.all([media.setMicrophone(true), media.setMicrophone(true)]);
    expect(getUserMedia).toHaveBeenCalledTimes(2);
    expect(at(0).sender.track?.enabled).toBe(true);
  });

  it("go on and off: the camera's light goes out", async () => {
    const { media, at } = make();
    const stream = await media.setCamera(true);
    const [track] = (stream as unknown as FakeStream).getTracks();
    expect(at(1).sender.track).toBe(track);
    expect(await media.setCamera(false)).toBeNull();
    expect([at(1).sender.track, track?.stopped]).toEqual([null, true]);
  });

  it("are not there on pages without TLS", async () => {
    vi.stubGlobal("navigator", {});
    const { media } = make();
    await expect(media.open({ microphone: true, camera: false })).rejects.toMatchObject({
      errorCode: { name: "DEVICE_FORBIDDEN" },
    });
  });

  it("are stopped when the call ends, also when they were still opening", async () => {
    const { media, connection, at } = make();
    await media.open({ microphone: true, camera: false });
    let give: (stream: FakeStream) => void = () => {};
    getUserMedia.mockReturnValueOnce(new Promise((resolve) => (give = resolve)));
    const opening = media.setCamera(true);
    const microphone = at(0).sender.track;
    const closing = media.close();
    expect(microphone?.stopped).toBe(true);
    const late = new FakeTrack("video");
    give(new FakeStream([late]));
    expect(await opening).toBeNull();
    expect(late.stopped).toBe(true);
    expect(await closing).toEqual({ totalAudioStats: null });
    expect(connection.closed).toBe(true);
  });
});

const settled = () => new Promise((resolve) => setTimeout(resolve));

describe("a connection whose other side is gone", () => {
  /** The connection after the first one, and its transceivers. */
  function second(): { connection: FakePeerConnection; at: (index: number) => FakeTransceiver } {
    const connection = browser.connections[1];
    if (connection === undefined) throw new Error("No second connection was made");
    const at = (index: number): FakeTransceiver => connection.transceivers[index] as FakeTransceiver;
    return { connection, at };
  }

  it("is replaced by one of the same layout, with the same devices", async () => {
    const { media, connection, at } = make();
    await media.open({ microphone: true, camera: true });
    const screen = await media.setScreen({});
    media.addVideoSlots(9);
    const sent = [0, 1, 2].map((index) => at(index).sender.track);
    await media.reconnect();
    const next = second();
    expect(connection.closed).toBe(true);
    expect(next.connection.transceivers.map(({ kind, direction }) => [kind, direction])).toEqual(
      connection.transceivers.map(({ kind, direction }) => [kind, direction]),
    );
    expect([0, 1, 2].map((index) => next.at(index).sender.track)).toEqual(sent);
    expect(sent.map((track) => track?.stopped)).toEqual([false, false, false]);
    expect(screen?.getTracks()).toEqual([sent[2]]);
    expect([getUserMedia.mock.calls.length, getDisplayMedia.mock.calls.length]).toEqual([1, 1]);
    expect(await media.createOffer(false)).toBe("offer false");
    expect([connection.localDescription, next.connection.localDescription]).toMatchObject([null, { type: "offer" }]);
  });

  it("leaves everybody's streams what they were, with other tracks", async () => {
    const { media } = make();
    const sound = media.remoteAudio();
    const kitchen = media.showVideo("kitchen", 1);
    await media.reconnect();
    const { at } = second();
    expect(media.remoteAudio()).toBe(sound);
    expect(sound.getTracks()).toEqual([3, 4, 5].map((index) => at(index).receiver.track));
    expect(kitchen.getTracks()).toEqual([at(7).receiver.track]);
    expect(media.showVideo("kitchen", 2)).toBe(kitchen);
    expect(kitchen.getTracks()).toEqual([at(8).receiver.track]);
  });

  it("fails without a word from now on", async () => {
    const { media, connection } = make();
    await media.reconnect();
    connection.becomes("failed");
    expect(told).toEqual([]);
  });

  it("passes on a device that was just opening", async () => {
    const { media } = make();
    let give: (stream: FakeStream) => void = () => {};
    getUserMedia.mockReturnValueOnce(new Promise((resolve) => (give = resolve)));
    const opening = media.open({ microphone: true, camera: false });
    await media.reconnect();
    const track = new FakeTrack("audio");
    give(new FakeStream([track]));
    await opening;
    expect(second().at(0).sender.track).toBe(track);
  });

  it("closes under a device that is just changed, which goes on in the next one", async () => {
    const { media, at } = make();
    await media.open({ microphone: true, camera: false });
    let refuse: (error: Error) => void = () => {};
    at(0).sender.replaceTrack = () => new Promise((_, reject) => (refuse = reject));
    const changing = media.useMicrophone("other");
    await settled();
    await media.reconnect();
    refuse(new DOMException("", "InvalidStateError"));
    await changing;
    expect(second().at(0).sender.track).toMatchObject({ kind: "audio", stopped: false });
    await media.close();
    expect(second().at(0).sender.track?.stopped).toBe(true);
  });
});

describe("the camera's layers", () => {
  const rids = (transceiver: FakeTransceiver) => transceiver.sender.encodings.map((encoding) => Object(encoding).rid);
  const active = (transceiver: FakeTransceiver) =>
    transceiver.sender.encodings.map((encoding) => Object(encoding).active);

  it("are three, the smallest first; the screen is one", () => {
    const { at } = make();
    expect(rids(at(1))).toEqual(["l", "m", "h"]);
    expect(at(1).sender.encodings).toMatchObject([4, 2, 1].map((scaleResolutionDownBy) => ({ scaleResolutionDownBy })));
    expect(rids(at(2))).toEqual([undefined]);
  });

  it("are one in a browser that cannot send more", async () => {
    browser.knowsLayers = false;
    const { media, at } = make();
    await media.open({ microphone: false, camera: true });
    await settled();
    expect(at(1).sender.encodings).toMatchObject([{ active: true, scaleResolutionDownBy: 1 }]);
  });

  it("fit the picture, and are sent as far as they are wanted", async () => {
    const { media, at } = make();
    await media.open({ microphone: false, camera: true });
    await settled();
    expect(active(at(1))).toEqual([true, true, false]);
    media.sendLayers({ camera: 0, screen: 1 });
    await settled();
    expect(active(at(1))).toEqual([false, false, false]);
    expect(at(1).sender.track?.stopped).toBe(false);
    expect(active(at(2))).toEqual([true]);
  });

  it("are the whole picture when the platform takes one", async () => {
    const { media, at } = make();
    at(1).sender.encodings = at(1).sender.encodings.slice(0, 1);
    await media.acceptAnswer("answer");
    await settled();
    expect(at(1).sender.encodings).toMatchObject([{ rid: "l", active: true, scaleResolutionDownBy: 1 }]);
  });
});

describe("devices", () => {
  const exact = (deviceId: string) => expect.objectContaining({ deviceId: { exact: deviceId } });

  it("are the preferred ones, or others when those are gone", async () => {
    const { media } = make();
    getUserMedia.mockRejectedValueOnce(new DOMException("", "OverconstrainedError"));
    await media.open({ microphone: true, camera: true });
    const [wished, others] = getUserMedia.mock.calls.map(([constraints]) => constraints);
    expect(wished?.audio).toMatchObject({ deviceId: { exact: "headset" }, echoCancellation: true });
    expect(wished?.video).not.toHaveProperty("deviceId");
    expect(others?.audio).not.toHaveProperty("deviceId");
    expect(others?.video).toBeTruthy();
  });

  it("are replaced in a call, in the same stream", async () => {
    const { media, at } = make();
    const stream = await media.open({ microphone: true, camera: true });
    const before = [at(0).sender.track, at(1).sender.track];
    await media.setMicrophone(false);
    await media.useMicrophone("desk");
    await media.useCamera({ deviceId: "webcam" });
    expect(getUserMedia).toHaveBeenCalledWith({ audio: exact("desk"), video: false });
    expect(getUserMedia).toHaveBeenLastCalledWith({ audio: false, video: exact("webcam") });
    expect(before.map((track) => track?.stopped)).toEqual([true, true]);
    expect(at(0).sender.track).toMatchObject({ enabled: false, stopped: false });
    expect(stream?.getTracks()).toEqual([at(1).sender.track]);
    expect(told).toEqual([]);
  });

  it("are remembered while they are off", async () => {
    const { media } = make();
    await media.useMicrophone("desk");
    await media.useCamera({ deviceId: "webcam" });
    expect(getUserMedia).not.toHaveBeenCalled();
    await media.setCamera(true);
    expect(getUserMedia.mock.calls[0]?.[0].video).toMatchObject({ deviceId: { exact: "webcam" } });
  });

  it("stay when the new one cannot be opened", async () => {
    const { media, at } = make();
    await media.open({ microphone: true, camera: false });
    const before = at(0).sender.track;
    getUserMedia.mockRejectedValueOnce(new DOMException("", "OverconstrainedError"));
    await expect(media.useMicrophone("gone")).rejects.toMatchObject({ errorCode: { name: "DEVICE_NOT_FOUND" } });
    expect([at(0).sender.track, before?.stopped]).toEqual([before, false]);
  });

  it("are opened one at a time where there is no other way", async () => {
    const { media, at } = make();
    await media.setCamera(true);
    const before = at(1).sender.track;
    getUserMedia.mockRejectedValueOnce(new DOMException("", "NotReadableError"));
    await media.useCamera({ deviceId: "back" });
    expect([before?.stopped, at(1).sender.track?.stopped]).toEqual([true, false]);
    getUserMedia.mockRejectedValue(new DOMException("", "NotReadableError"));
    await expect(media.useCamera({ deviceId: "front" })).rejects.toMatchObject({
      errorCode: { name: "DEVICE_UNAVAILABLE" },
    });
    expect(told).toEqual(["cameraLost"]);
  });

  it("that are unplugged give way to the default microphone, and to no camera", async () => {
    const { media, at } = make();
    await media.open({ microphone: true, camera: true });
    at(1).sender.track?.end();
    expect(told).toEqual(["cameraLost"]);
    at(0).sender.track?.end();
    await vi.waitFor(() => expect(at(0).sender.track?.stopped).toBe(false));
    expect(getUserMedia.mock.calls[1]?.[0].audio).not.toHaveProperty("deviceId");
    getUserMedia.mockRejectedValueOnce(new DOMException("", "NotFoundError"));
    at(0).sender.track?.end();
    await vi.waitFor(() => expect(told).toEqual(["cameraLost", "microphoneLost DEVICE_NOT_FOUND"]));
    await media.setMicrophone(true);
    expect(at(0).sender.track).toMatchObject({ enabled: true, stopped: false });
  });

  it("are listed", async () => {
    expect(await listDevices()).toMatchObject({ audioInputs: [{ kind: "audioinput" }], audioOutputs: [] });
    vi.stubGlobal("navigator", {});
    expect(await listDevices()).toEqual({ audioInputs: [], audioOutputs: [], videoInputs: [] });
  });
});

describe("the screen", () => {
  it("is sent beside the camera, and its light goes out", async () => {
    const { media, at } = make();
    const stream = await media.setScreen({});
    expect(getDisplayMedia.mock.calls[0]?.[0]).not.toHaveProperty("monitorTypeSurfaces");
    const track = at(2).sender.track;
    expect([at(1).sender.track, track?.contentHint]).toEqual([null, "detail"]);
    expect(stream?.getTracks()).toEqual([track]);
    track?.end();
    expect(told).toEqual(["screenEnded"]);
    expect(await media.setScreen(null)).toBeNull();
    expect([at(2).sender.track, track?.stopped]).toEqual([null, true]);
    await media.setScreen({});
    await media.close();
    expect(at(2).sender.track?.stopped).toBe(true);
  });

  it("is what the application allows, as far as the browser says it", async () => {
    const { media, at } = make();
    const options = { allowedDisplayOptions: ["window", "browser"] } as const;
    await media.setScreen(options);
    expect(getDisplayMedia.mock.calls[0]?.[0]).toMatchObject({
      video: { displaySurface: "window" },
      monitorTypeSurfaces: "exclude",
    });
    const chosen = new FakeTrack("video", { displaySurface: "monitor" });
    getDisplayMedia.mockResolvedValueOnce(new FakeStream([chosen]));
    const before = at(2).sender.track;
    await expect(media.setScreen(options)).rejects.toMatchObject({ errorCode: { name: "FORBIDDEN_DISPLAY_SURFACE" } });
    expect([chosen.stopped, at(2).sender.track]).toEqual([true, before]);
  });

  it("is not there when the user refuses, or the browser cannot", async () => {
    const { media } = make();
    getDisplayMedia.mockRejectedValueOnce(new DOMException("", "NotAllowedError"));
    await expect(media.setScreen({})).rejects.toMatchObject({ errorCode: { name: "DEVICE_FORBIDDEN" } });
    vi.stubGlobal("navigator", { mediaDevices: { getUserMedia } });
    await expect(media.setScreen({})).rejects.toMatchObject({ errorCode: { name: "DEVICE_UNAVAILABLE" } });
  });
});

describe("what comes in", () => {
  it("is one stream of sound, and one stream of video for each participant", () => {
    const { media, at } = make();
    expect(media.remoteAudio().getTracks()).toEqual([3, 4, 5].map((index) => at(index).receiver.track));
    expect(media.remoteAudio()).toBe(media.remoteAudio());
    const stream = media.showVideo("kitchen", 0);
    expect(stream.getTracks()).toEqual([at(6).receiver.track]);
    expect(media.showVideo("kitchen", 3)).toBe(stream);
    expect(stream.getTracks()).toEqual([at(9).receiver.track]);
    media.hideVideo("kitchen");
    expect(media.showVideo("kitchen", 0)).not.toBe(stream);
  });

  it("is measured at the end, unless the browser takes too long", async () => {
    vi.useFakeTimers();
    const { media, connection } = make();
    await media.acceptAnswer("answer");
    connection.getStats = () => new Promise(() => {});
    const closing = media.close();
    await vi.advanceTimersByTimeAsync(300);
    expect(await closing).toEqual({ totalAudioStats: null });
    expect(connection.closed).toBe(true);
    vi.useRealTimers();
  });
});

describe("what is wished of what is sent", () => {
  const limits = (sender: FakeTransceiver["sender"]) => sender.encodings.map(({ maxBitrate }) => maxBitrate);

  it("is kept to, in the next connection too", async () => {
    const { media, at } = make({ audioQuality: AudioQualityMode.LOW_DATA, videoQuality: "LOWEST" });
    await media.acceptAnswer("answer");
    await settled();
    expect([limits(at(0).sender), limits(at(1).sender)[0]]).toEqual([[16_000], 50_000]);
    media.setAudioQuality(AudioQualityMode.HIGH_QUALITY);
    media.setVideoQuality("LOW");
    await media.reconnect();
    await settled();
    const next = browser.connections[1];
    expect([limits(next?.at(0).sender as FakeSender), limits(next?.at(1).sender as FakeSender)[0]]).toEqual([
      [64_000],
      180_000,
    ]);
    expect(media.wishes()).toMatchObject({ audioQuality: 2, videoQuality: "LOW" });
  });

  it("is where the camera looks, as soon as the browser tells", async () => {
    const { media } = make();
    await media.useCamera({ orientation: "environment" });
    expect(media.wishes()).toMatchObject({ camera: null, cameraOrientation: "environment" });
    getUserMedia.mockResolvedValueOnce(new FakeStream([new FakeTrack("video", { facingMode: "user" })]));
    await media.setCamera(true);
    expect(getUserMedia.mock.calls[0]?.[0].video).toMatchObject({ facingMode: { ideal: "environment" } });
    expect(media.wishes().cameraOrientation).toBe("user");
    await media.useCamera({ orientation: "environment" });
    expect(getUserMedia.mock.calls[1]?.[0].video).toMatchObject({ facingMode: { exact: "environment" } });
  });

  it("is tones of a telephone, behind those that still wait", () => {
    const { media, at } = make();
    expect(() => media.sendTones("1")).toThrow("FEATURE_UNAVAILABLE");
    const inserted: string[] = [];
    const dtmf = { canInsertDTMF: false, toneBuffer: "12", insertDTMF: (tones: string) => void inserted.push(tones) };
    at(0).sender.dtmf = dtmf;
    expect(() => media.sendTones("1")).toThrow("FEATURE_UNAVAILABLE");
    dtmf.canInsertDTMF = true;
    media.sendTones("3#");
    expect(inserted).toEqual(["123#"]);
  });
});

describe("how loud it is", () => {
  it("is measured by slot", async () => {
    const { media, connection } = make();
    await media.createOffer(false);
    await media.acceptAnswer("answer");
    const heard = { type: "inbound-rtp", kind: "audio", mid: "4", audioLevel: 0.25 };
    const own = { type: "media-source", kind: "audio", audioLevel: 0.5 };
    connection.getStats = async () => new Map([heard, own].map((entry) => [entry.type, entry]));
    expect(await media.levels()).toEqual({ microphone: 0.5, slots: [null, 0.25, null] });
  });

  it("is listened to while the microphone is muted, and only then", async () => {
    vi.useFakeTimers();
    const listening = new Set<unknown>();
    vi.stubGlobal(
      "AudioContext",
      class {
        createMediaStreamSource(stream: FakeStream) {
          listening.add(stream);
          this.close = async () => void listening.delete(stream);
          return { connect() {} };
        }
        resume = async () => {};
        close = async () => {};
      },
    );
    vi.stubGlobal(
      "AnalyserNode",
      class {
        getFloatTimeDomainData = (samples: Float32Array) => void samples.fill(0.1);
      },
    );
    const { media } = make({ detectTalkingWhileMuted: true });
    await media.open({ microphone: true, camera: false });
    expect(listening.size).toBe(0);
    await media.setMicrophone(false);
    await vi.advanceTimersByTimeAsync(1000);
    expect([told, listening.size]).toEqual([["talkingWhileMuted"], 1]);
    await media.useMicrophone("desk");
    expect(listening.size).toBe(1);
    await media.setMicrophone(true);
    expect(listening.size).toBe(0);
    await media.setMicrophone(false);
    await media.close();
    expect([listening.size, vi.getTimerCount()]).toEqual([0, 0]);
    vi.useRealTimers();
  });
});
