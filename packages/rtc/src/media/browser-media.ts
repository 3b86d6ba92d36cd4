import { AudioQualityMode, CameraOrientation } from "../api/enums.js";
import { errorCode, RtcError } from "../api/error-code.js";
import type { DisplayOptions } from "../api/options.js";
import type { TotalMediaStats } from "../api/stats.js";
import type { VideoQuality } from "../api/video.js";
import { causeOf } from "../signaling/refusal.js";
import { openDevices, openScreen } from "./devices.js";
import { Encodings } from "./encodings.js";
import {
  type CameraChoice,
  type CreateMedia,
  FIRST_VIDEO_SLOTS,
  type IceServers,
  type Levels,
  type LocalMedia,
  type MediaHandler,
  type MediaListener,
  type WantedLayers,
} from "./handler.js";
import { LayeredSender } from "./layered-sender.js";
import { levels } from "./levels.js";
import { LocalTrack } from "./local-track.js";
import { MutedSpeech, openMeter } from "./muted-speech.js";
import { FlowWatch } from "./packet-flow.js";
import { Peer } from "./peer.js";
import type { StatsEntry } from "./stats-entry.js";
import { totalAudioStats } from "./total-stats.js";
import type { MediaWishes } from "./wishes.js";

/** Reading statistics takes a few milliseconds; a browser that needs longer does without, so that calls end in time. */
const STATS_TIMEOUT = 300;

/**
 * What Opus may spend on one voice, in bits per second. Left to themselves browsers spend about 32000. With half of it
 * speech is still wide, and a poor line has room for it; with twice as much music keeps its highs, beyond that
 * nobody hears a difference in mono.
 */
const AUDIO_BITRATES: Readonly<Record<AudioQualityMode, number | undefined>> = {
  [AudioQualityMode.AUTO]: undefined,
  [AudioQualityMode.LOW_DATA]: 16_000,
  [AudioQualityMode.HIGH_QUALITY]: 64_000,
};

interface ShownVideo {
  readonly stream: MediaStream;
  readonly slot: number;
}

/** Browsers say `disconnected` after some seconds of silence. Waiting for `failed` would cost ten more. */
const LOST: readonly RTCPeerConnectionState[] = ["disconnected", "failed"];

/** The media of one call on the browser's RTCPeerConnection, or on several, one after the other. */
export class BrowserMedia implements MediaHandler {
  readonly #listener: MediaListener;
  readonly #iceServers: IceServers;
  readonly #microphone: LocalTrack;
  readonly #camera: LocalTrack;
  readonly #screen: LocalTrack;
  readonly #microphoneEncodings: Encodings;
  readonly #cameraLayers: LayeredSender;
  readonly #screenLayers: LayeredSender;
  readonly #flow: FlowWatch;
  readonly #mutedSpeech: MutedSpeech;
  readonly #remoteAudio: MediaStream;
  readonly #videos = new Map<string, ShownVideo>();
  #peer: Peer;
  #wishes: MediaWishes;
  #unmuted = false;
  #cameraOn = false;
  #cameraStream: MediaStream | null = null;
  #openingMicrophone: Promise<unknown> | null = null;
  #openingCamera: Promise<unknown> | null = null;
  #closed = false;

  constructor(listener: MediaListener, wishes: MediaWishes, iceServers: IceServers) {
    this.#listener = listener;
    this.#iceServers = iceServers;
    this.#wishes = wishes;
    this.#flow = new FlowWatch(() => this.stats(), {
      silent: () => listener.pathLost(),
      flows: () => {
        // One direction alone is no path.
        if (this.#peer.connection.connectionState === "connected") listener.mediaFlows();
      },
    });
    this.#mutedSpeech = new MutedSpeech(openMeter, () => listener.talkingWhileMuted());
    this.#peer = this.#connect(FIRST_VIDEO_SLOTS);
    const { microphone, camera, screen, audioSlots } = this.#peer;
    this.#microphone = new LocalTrack(microphone, () => void this.#replaceLostMicrophone());
    this.#camera = new LocalTrack(camera, () => listener.cameraLost());
    this.#screen = new LocalTrack(screen, () => listener.screenEnded());
    this.#microphoneEncodings = new Encodings(microphone, () => [
      { active: true, maxBitrate: AUDIO_BITRATES[this.#wishes.audioQuality] },
    ]);
    this.#cameraLayers = new LayeredSender(camera, wishes.videoQuality);
    this.#screenLayers = new LayeredSender(screen);
    this.#remoteAudio = new MediaStream([...audioSlots]);
  }

  async open(wanted: LocalMedia): Promise<MediaStream | null> {
    this.#unmuted = wanted.microphone;
    this.#cameraOn = wanted.camera;
    if (!wanted.microphone && !wanted.camera) return null;
    return this.#acquire(wanted);
  }

  async setMicrophone(on: boolean): Promise<void> {
    this.#unmuted = on;
    const track = this.#microphone.current();
    if (track !== null) {
      track.enabled = on;
      this.#listenWhileMuted();
      return;
    }
    if (on) await (this.#openingMicrophone ?? this.#acquire({ microphone: true, camera: false }));
  }

  async setCamera(on: boolean): Promise<MediaStream | null> {
    this.#cameraOn = on;
    if (on) return this.#acquire({ microphone: false, camera: true });
    this.#cameraStream = null;
    await this.#camera.use(null);
    return null;
  }

  async setScreen(on: DisplayOptions | null): Promise<MediaStream | null> {
    const track = on === null ? null : await openScreen(on, this.#wishes.screenFrameRate);
    await this.#screen.use(track);
    return track === null ? null : new MediaStream([track]);
  }

  async useMicrophone(deviceId: string): Promise<void> {
    await this.#openingMicrophone?.catch(() => {});
    const before = this.#wishes;
    this.#wishes = { ...before, microphone: deviceId };
    if (this.#microphone.current() === null) return;
    try {
      await this.#acquire({ microphone: true, camera: false }, true);
    } catch (error) {
      this.#wishes = { ...this.#wishes, microphone: before.microphone };
      throw error;
    }
  }

  async useCamera(choice: CameraChoice): Promise<void> {
    await this.#openingCamera?.catch(() => {});
    const { camera, cameraOrientation } = this.#wishes;
    const chosen =
      "deviceId" in choice ? { camera: choice.deviceId } : { camera: null, cameraOrientation: choice.orientation };
    this.#wishes = { ...this.#wishes, ...chosen };
    if (this.#camera.current() === null) return;
    try {
      await this.#acquireCamera();
    } catch (error) {
      this.#wishes = { ...this.#wishes, camera, cameraOrientation };
      if (this.#camera.current() === null) this.#listener.cameraLost();
      throw error;
    }
  }

  wishes(): MediaWishes {
    const facing = this.#camera.current()?.getSettings().facingMode;
    const seen = Object.values(CameraOrientation).find((one) => one === facing);
    return { ...this.#wishes, ...(seen !== undefined && { cameraOrientation: seen }) };
  }

  setAudioQuality(audioQuality: AudioQualityMode): void {
    this.#wishes = { ...this.#wishes, audioQuality };
    this.#microphoneEncodings.adjust();
  }

  setVideoQuality(videoQuality: VideoQuality): void {
    this.#wishes = { ...this.#wishes, videoQuality };
    this.#cameraLayers.limit(videoQuality);
  }

  sendTones(digits: string): void {
    const { dtmf } = this.#peer.microphone;
    if (!dtmf?.canInsertDTMF) throw new RtcError(errorCode("FEATURE_UNAVAILABLE"));
    dtmf.insertDTMF(dtmf.toneBuffer + digits);
  }

  async reconnect(): Promise<void> {
    const before = this.#peer;
    before.connection.close();
    this.#flow.stop();
    this.#peer = this.#connect(before.videoSlots.length);
    const { microphone, camera, screen, audioSlots } = this.#peer;
    setTracks(this.#remoteAudio, audioSlots);
    for (const { stream, slot } of this.#videos.values()) this.#show(stream, slot);
    this.#microphoneEncodings.moveTo(microphone);
    this.#cameraLayers.moveTo(camera);
    this.#screenLayers.moveTo(screen);
    await Promise.all([this.#microphone.moveTo(microphone), this.#camera.moveTo(camera), this.#screen.moveTo(screen)]);
  }

  async createOffer(restart: boolean): Promise<string> {
    const { connection } = this.#peer;
    if (restart || connection.localDescription === null) {
      // New paths are looked for, and credentials that were good for the last ones may have expired.
      const iceServers = await this.#iceServers();
      connection.setConfiguration({ ...connection.getConfiguration(), iceServers });
    }
    const offer = await connection.createOffer({ iceRestart: restart });
    await connection.setLocalDescription(offer);
    return offer.sdp ?? "";
  }

  async acceptAnswer(sdp: string): Promise<void> {
    await this.#peer.connection.setRemoteDescription({ type: "answer", sdp });
    this.#microphoneEncodings.adjust();
    this.#cameraLayers.adjust();
  }

  remoteAudio(): MediaStream {
    return this.#remoteAudio;
  }

  sendLayers({ camera, screen }: WantedLayers): void {
    this.#cameraLayers.want(camera);
    this.#screenLayers.want(screen);
  }

  addVideoSlots(count: number): boolean {
    const missing = count - this.#peer.videoSlots.length;
    if (missing <= 0) return false;
    this.#peer.addVideoSlots(missing);
    return true;
  }

  showVideo(videoId: string, slot: number): MediaStream {
    const stream = this.#videos.get(videoId)?.stream ?? new MediaStream();
    this.#videos.set(videoId, { stream, slot });
    this.#show(stream, slot);
    return stream;
  }

  hideVideo(videoId: string): void {
    this.#videos.delete(videoId);
  }

  async stats(): Promise<readonly StatsEntry[]> {
    const { connection } = this.#peer;
    if (connection.remoteDescription === null) return [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const timeout = new Promise<null>((resolve) => {
      timer = setTimeout(resolve, STATS_TIMEOUT, null);
    });
    const report = await Promise.race([connection.getStats().catch(() => null), timeout]);
    clearTimeout(timer);
    return report === null ? [] : [...report.values()];
  }

  async levels(): Promise<Levels> {
    return levels(await this.stats(), this.#peer.audioMids());
  }

  async close(): Promise<TotalMediaStats> {
    this.#closed = true;
    this.#flow.stop();
    this.#mutedSpeech.stop();
    for (const track of [this.#microphone, this.#camera, this.#screen]) track.close();
    try {
      const entries = await this.stats();
      return { totalAudioStats: entries.length === 0 ? null : totalAudioStats(entries) };
    } finally {
      this.#peer.connection.close();
    }
  }

  #connect(videoSlots: number): Peer {
    const peer = new Peer(videoSlots, this.#wishes.videoCodec);
    peer.connection.addEventListener("connectionstatechange", () => {
      if (peer !== this.#peer) return;
      const { connectionState } = peer.connection;
      if (connectionState === "connected") this.#flow.start();
      if (LOST.includes(connectionState)) this.#listener.pathLost();
    });
    return peer;
  }

  #show(stream: MediaStream, slot: number): void {
    const track = this.#peer.videoSlots[slot];
    if (track !== undefined) setTracks(stream, [track]);
  }

  /** Opens devices and lets them send; gives the camera's stream, if it was wanted. */
  #acquire(wanted: LocalMedia, strict = false): Promise<MediaStream | null> {
    const opening = this.#open(wanted, strict).finally(() => {
      if (this.#openingMicrophone === opening) this.#openingMicrophone = null;
      if (this.#openingCamera === opening) this.#openingCamera = null;
    });
    if (wanted.microphone) this.#openingMicrophone = opening;
    if (wanted.camera) this.#openingCamera = opening;
    return opening;
  }

  async #open(wanted: LocalMedia, strict: boolean): Promise<MediaStream | null> {
    const opened = await openDevices(wanted, this.#wishes, strict);
    const [microphone] = opened.getAudioTracks();
    const [camera] = opened.getVideoTracks();
    if (microphone !== undefined) {
      microphone.enabled = this.#unmuted;
      await this.#microphone.use(microphone);
      this.#listenWhileMuted();
    }
    return camera === undefined ? null : this.#send(camera);
  }

  /** Opens the preferred camera beside the one that is on, or in its place: phones open one at a time. */
  async #acquireCamera(): Promise<void> {
    const wanted = { microphone: false, camera: true };
    try {
      await this.#acquire(wanted, true);
    } catch (error) {
      if (causeOf(error).name !== "DEVICE_UNAVAILABLE") throw error;
      await this.#camera.use(null);
      await this.#acquire(wanted, true);
    }
  }

  async #send(camera: MediaStreamTrack): Promise<MediaStream | null> {
    if (this.#closed || !this.#cameraOn) {
      camera.stop();
      return null;
    }
    await this.#camera.use(camera);
    this.#cameraLayers.adjust();
    this.#cameraStream ??= new MediaStream();
    setTracks(this.#cameraStream, [camera]);
    return this.#cameraStream;
  }

  #listenWhileMuted(): void {
    const microphone = this.#microphone.current();
    const listens = this.#wishes.detectTalkingWhileMuted && !this.#unmuted && !this.#closed;
    if (listens && microphone !== null) this.#mutedSpeech.listen(microphone);
    else this.#mutedSpeech.stop();
  }

  /** Goes on with the default microphone. */
  async #replaceLostMicrophone(): Promise<void> {
    this.#wishes = { ...this.#wishes, microphone: null };
    this.#mutedSpeech.stop();
    await this.#microphone.use(null);
    try {
      await this.#acquire({ microphone: true, camera: false });
    } catch (error) {
      if (!this.#closed) this.#listener.microphoneLost(causeOf(error));
    }
  }
}

function setTracks(stream: MediaStream, tracks: readonly MediaStreamTrack[]): void {
  for (const other of stream.getTracks()) stream.removeTrack(other);
  for (const track of tracks) stream.addTrack(track);
}

/** Makes the browser's media connection. */
export const createBrowserMedia: CreateMedia = (...parts) => new BrowserMedia(...parts);
