import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BrowserMedia } from "../src/media/browser-media.js";

/** As much of the browser as can be told without one. */
class Track {
  enabled = true;
  stopped = false;
  constructor(readonly kind: string) {}
  stop(): void {
    this.stopped = true;
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
    replaceTrack: async (track: Track | null): Promise<void> => {
      this.sender.track = track;
    },
  };
  constructor(
    readonly kind: string,
    readonly direction: string,
  ) {
    this.receiver = { track: new Track(kind) };
  }
  setCodecPreferences(codecs: { mimeType: string }[]): void {
    this.codecs = codecs.map(({ mimeType }) => mimeType);
  }
}

let connections: PeerConnection[] = [];

class PeerConnection extends EventTarget {
  readonly transceivers: Transceiver[] = [];
  connectionState = "new";
  localDescription: unknown = null;
  remoteDescription: unknown = null;
  closed = false;
  constructor() {
    super();
    connections.push(this);
  }
  addTransceiver(kind: string, { direction }: { direction: string }): Transceiver {
    const transceiver = new Transceiver(kind, direction);
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
let failed = 0;

function make(): { media: BrowserMedia; connection: PeerConnection; at: (index: number) => Transceiver } {
  const media = new BrowserMedia(() => {
    failed += 1;
  });
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
  failed = 0;
  getUserMedia.mockReset();
  getUserMedia.mockImplementation(async ({ audio, video }) => {
    return new Stream([...(audio ? [new Track("audio")] : []), ...(video ? [new Track("video")] : [])]);
  });
  const codecs = ["opus", "red", "VP8", "rtx", "H264"];
  vi.stubGlobal("RTCPeerConnection", PeerConnection);
  vi.stubGlobal("RTCRtpReceiver", {
    getCapabilities: (kind: string) => ({ codecs: codecs.map((name) => ({ mimeType: `${kind}/${name}` })) }),
  });
  vi.stubGlobal("MediaStream", Stream);
  vi.stubGlobal("navigator", { mediaDevices: { getUserMedia } });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("the offer", () => {
  it("has the layout of the protocol, trimmed to what the platform forwards", async () => {
    const { media, connection } = make();
    expect(connection.transceivers.map(({ kind, direction, codecs }) => [kind, direction, codecs.join()])).toEqual([
      ["audio", "sendonly", "audio/opus"],
      ["video", "sendonly", "video/VP8,video/rtx"],
      ["video", "sendonly", "video/VP8,video/rtx"],
      ...Array(3).fill(["audio", "recvonly", "audio/opus"]),
      ...Array(4).fill(["video", "recvonly", "video/VP8,video/rtx"]),
    ]);
    expect(await media.createOffer(false)).toBe("offer false");
    expect(connection.localDescription).toEqual({ type: "offer", sdp: "offer false" });
    await media.acceptAnswer("answer");
    expect(connection.remoteDescription).toEqual({ type: "answer", sdp: "answer" });
    expect(await media.createOffer(true)).toBe("offer true");
  });

  it("is wished again when the connection fails", () => {
    const { connection } = make();
    for (const state of ["connecting", "connected", "disconnected", "failed"]) {
      connection.connectionState = state;
      connection.dispatchEvent(new Event("connectionstatechange"));
    }
    expect(failed).toBe(1);
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
