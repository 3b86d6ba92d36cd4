import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BrowserMedia } from "../src/media/browser-media.js";
import { listDevices } from "../src/media/devices.js";

/** As much of the browser as can be told without one. */
class Track extends EventTarget {
  enabled = true;
  stopped = false;
  contentHint = "";
  displaySurface: string | undefined;
  constructor(readonly kind: string) {
    super();
  }
  stop(): void {
    this.stopped = true;
  }
  getSettings = () => ({ displaySurface: this.displaySurface, width: 640, height: 360 });
  /** Its plug is pulled. */
  end(): void {
    this.stopped = true;
    this.dispatchEvent(new Event("ended"));
  }
}

class Stream {
  readonly tracks: Track[];
  constructor(tracks: Track[] = []) {
    this.tracks = [...tracks];
  }
  getTracks = () => [...this.tracks];
  getAudioTracks = () => this.tracks.filter(({ kind }) => kind === "audio");
  getVideoTracks = () => this.tracks.filter(({ kind }) => kind === "video");
  addTrack = (track: Track) => void this.tracks.push(track);
  removeTrack = (track: Track) => void this.tracks.splice(this.tracks.indexOf(track), 1);
}

class Transceiver {
  codecs: string[] = [];
  readonly receiver: { track: Track };
  readonly sender = {
    track: null as Track | null,
    encodings: [] as object[],
    replaceTrack: async (track: Track | null): Promise<void> => {
      this.sender.track = track;
    },
    getParameters: () => ({ encodings: this.sender.encodings.map((encoding) => ({ ...encoding })) }),
    setParameters: async ({ encodings }: { encodings: object[] }): Promise<void> => {
      this.sender.encodings = encodings;
    },
  };
  constructor(
    readonly kind: string,
    readonly direction: string,
  ) {
    this.receiver = { track: new Track(kind) };
  }
  extensions = [
    { uri: "urn:ietf:params:rtp-hdrext:sdes:mid", direction: "sendrecv" },
    { uri: "urn:ietf:params:rtp-hdrext:toffset", direction: "sendrecv" },
    { uri: "urn:3gpp:video-orientation", direction: "stopped" },
  ];
  getHeaderExtensionsToNegotiate = () => this.extensions;
  setHeaderExtensionsToNegotiate(extensions: { uri: string; direction: string }[]): void {
    this.extensions = extensions;
  }
  setCodecPreferences(codecs: { mimeType: string }[]): void {
    this.codecs = codecs.map(({ mimeType }) => mimeType);
  }
}

let connections: PeerConnection[] = [];
let knowsLayers = true;

class PeerConnection extends EventTarget {
  readonly transceivers: Transceiver[] = [];
  connectionState = "new";
  localDescription: unknown = null;
  remoteDescription: unknown = null;
  closed = false;
  constructor(private configuration: RTCConfiguration) {
    super();
    connections.push(this);
  }
  getConfiguration = () => this.configuration;
  setConfiguration = (configuration: RTCConfiguration) => {
    this.configuration = configuration;
  };
  addTransceiver(kind: string, init: { direction: string; sendEncodings?: object[] }): Transceiver {
    if (init.sendEncodings !== undefined && !knowsLayers) throw new TypeError("no such encodings");
    const transceiver = new Transceiver(kind, init.direction);
    transceiver.sender.encodings = init.sendEncodings ?? [{}];
    this.transceivers.push(transceiver);
    return transceiver;
  }
  createOffer = async ({ iceRestart }: { iceRestart: boolean }) => ({ type: "offer", sdp: `offer ${iceRestart}` });
  setLocalDescription = async (description: unknown) => {
    this.localDescription = description;
  };
  setRemoteDescription = async (description: unknown) => {
    this.remoteDescription = description;
  };
  getStats = async () => new Map();
  close(): void {
    this.closed = true;
  }
}

const getUserMedia = vi.fn<(constraints: { audio: unknown; video: unknown }) => Promise<Stream>>();
const getDisplayMedia = vi.fn<(options: object) => Promise<Stream>>();
const enumerateDevices = async () => [{ kind: "audioinput" }, { kind: "videoinput" }];
let told: string[] = [];
let servers: RTCIceServer[] = [];

function make(): { media: BrowserMedia; connection: PeerConnection; at: (index: number) => Transceiver } {
  const media = new BrowserMedia(
    {
      pathLost: () => told.push("pathLost"),
      mediaFlows: () => told.push("mediaFlows"),
      cameraLost: () => told.push("cameraLost"),
      microphoneLost: ({ name }) => told.push(`microphoneLost ${name}`),
      screenEnded: () => told.push("screenEnded"),
    },
    { microphone: "headset", camera: null },
    async () => servers,
  );
  const connection = connections[0];
  if (connection === undefined) throw new Error("No connection was made");
  const at = (index: number): Transceiver => {
    const transceiver = connection.transceivers[index];
    if (transceiver === undefined) throw new Error(`There is no transceiver ${index}`);
    return transceiver;
  };
  return { media, connection, at };
}

beforeEach(() => {
  connections = [];
  knowsLayers = true;
  told = [];
  servers = [];
  getDisplayMedia.mockReset();
  getDisplayMedia.mockImplementation(async () => new Stream([new Track("video")]));
  getUserMedia.mockReset();
  getUserMedia.mockImplementation(async ({ audio, video }) => {
    return new Stream([...(audio ? [new Track("audio")] : []), ...(video ? [new Track("video")] : [])]);
  });
  const codecs = ["PCMA", "opus", "red", "VP8", "rtx", "VP9"];
  vi.stubGlobal("RTCPeerConnection", PeerConnection);
  vi.stubGlobal("RTCRtpReceiver", {
    getCapabilities: (kind: string) => ({ codecs: codecs.map((name) => ({ mimeType: `${kind}/${name}` })) }),
  });
  vi.stubGlobal("MediaStream", Stream);
  vi.stubGlobal("navigator", { mediaDevices: { getUserMedia, getDisplayMedia, enumerateDevices } });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("the offer", () => {
  it("has the layout of the protocol, trimmed to what the platform forwards", async () => {
    const { media, connection } = make();
    expect(connection.transceivers.map(({ kind, direction, codecs }) => [kind, direction, codecs.join()])).toEqual([
      ["audio", "sendonly", "audio/opus,audio/red,audio/PCMA"],
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

  it("has no header extensions that the platform does not use", () => {
    const { at } = make();
    for (const index of [0, 1, 6]) {
      expect(at(index).extensions.map(({ direction }) => direction)).toEqual(["sendrecv", "stopped", "stopped"]);
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
    for (const state of ["connecting", "connected", "disconnected", "failed"]) {
      connection.connectionState = state;
      connection.dispatchEvent(new Event("connectionstatechange"));
      told.push(state);
    }
    expect(told).toEqual(["connecting", "connected", "pathLost", "disconnected", "pathLost", "failed"]);
  });

  it("is wished again when nothing arrives although this side sends, long before the browser says so", async () => {
    vi.useFakeTimers();
    const { media, connection } = make();
    let packetsSent = 0;
    connection.remoteDescription = {};
    connection.getStats = async () =>
      new Map([["T", { type: "transport", id: "T", packetsSent: packetsSent++, packetsReceived: 7 }]]);
    connection.connectionState = "connected";
    connection.dispatchEvent(new Event("connectionstatechange"));
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
    const [track] = (stream as unknown as Stream).tracks;
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
    let give: (stream: Stream) => void = () => {};
    getUserMedia.mockReturnValueOnce(new Promise((resolve) => (give = resolve)));
    const opening = media.setCamera(true);
    const microphone = at(0).sender.track;
    const closing = media.close();
    expect(microphone?.stopped).toBe(true);
    const late = new Track("video");
    give(new Stream([late]));
    expect(await opening).toBeNull();
    expect(late.stopped).toBe(true);
    expect(await closing).toEqual({ totalAudioStats: null });
    expect(connection.closed).toBe(true);
  });
});

const settled = () => new Promise((resolve) => setTimeout(resolve));

describe("a connection whose other side is gone", () => {
  /** The connection after the first one, and its transceivers. */
  function second(): { connection: PeerConnection; at: (index: number) => Transceiver } {
    const connection = connections[1];
    if (connection === undefined) throw new Error("No second connection was made");
    const at = (index: number): Transceiver => connection.transceivers[index] as Transceiver;
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
    connection.connectionState = "failed";
    connection.dispatchEvent(new Event("connectionstatechange"));
    expect(told).toEqual([]);
  });

  it("passes on a device that was just opening", async () => {
    const { media } = make();
    let give: (stream: Stream) => void = () => {};
    getUserMedia.mockReturnValueOnce(new Promise((resolve) => (give = resolve)));
    const opening = media.open({ microphone: true, camera: false });
    await media.reconnect();
    const track = new Track("audio");
    give(new Stream([track]));
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
  const rids = (transceiver: Transceiver) => transceiver.sender.encodings.map((encoding) => Object(encoding).rid);
  const active = (transceiver: Transceiver) => transceiver.sender.encodings.map((encoding) => Object(encoding).active);

  it("are three, the smallest first; the screen is one", () => {
    const { at } = make();
    expect(rids(at(1))).toEqual(["l", "m", "h"]);
    expect(at(1).sender.encodings).toMatchObject([4, 2, 1].map((scaleResolutionDownBy) => ({ scaleResolutionDownBy })));
    expect(rids(at(2))).toEqual([undefined]);
  });

  it("are one in a browser that cannot send more", async () => {
    knowsLayers = false;
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
    await media.open({ microphone: true, camera: true });
    const { audio, video } = getUserMedia.mock.calls[0]?.[0] ?? {};
    expect(audio).toMatchObject({ deviceId: { ideal: "headset" }, echoCancellation: true });
    expect(video).not.toHaveProperty("deviceId");
  });

  it("are replaced in a call, in the same stream", async () => {
    const { media, at } = make();
    const stream = await media.open({ microphone: true, camera: true });
    const before = [at(0).sender.track, at(1).sender.track];
    await media.setMicrophone(false);
    await media.useMicrophone("desk");
    await media.useCamera("webcam");
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
    await media.useCamera("webcam");
    expect(getUserMedia).not.toHaveBeenCalled();
    await media.setCamera(true);
    expect(getUserMedia.mock.calls[0]?.[0].video).toMatchObject({ deviceId: { ideal: "webcam" } });
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
    await media.useCamera("back");
    expect([before?.stopped, at(1).sender.track?.stopped]).toEqual([true, false]);
    getUserMedia.mockRejectedValue(new DOMException("", "NotReadableError"));
    await expect(media.useCamera("front")).rejects.toMatchObject({ errorCode: { name: "DEVICE_UNAVAILABLE" } });
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
    expect(await listDevices("audioinput")).toEqual([{ kind: "audioinput" }]);
    vi.stubGlobal("navigator", {});
    expect(await listDevices("audioinput")).toEqual([]);
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
    const chosen = new Track("video");
    chosen.displaySurface = "monitor";
    getDisplayMedia.mockResolvedValueOnce(new Stream([chosen]));
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
