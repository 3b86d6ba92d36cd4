import type { AudioQualityMode } from "../api/enums.js";
import { type ErrorCode, errorCode, RtcError } from "../api/error-code.js";
import type { DisplayOptions } from "../api/options.js";
import type { TotalMediaStats } from "../api/stats.js";
import type { VideoQuality } from "../api/video.js";
import {
  type CameraChoice,
  FIRST_VIDEO_SLOTS,
  type IceServers,
  type Levels,
  type LocalMedia,
  type MediaHandler,
  type MediaListener,
  type WantedLayers,
} from "../media/handler.js";
import type { StatsEntry } from "../media/stats-entry.js";
import type { MediaWishes } from "../media/wishes.js";
import { FakeStream, FakeTrack } from "./fake-browser.js";

/** A stream of one track that plays nothing; its name is its `id`. */
export function fakeStream(name: string, kind: "audio" | "video" = "video"): MediaStream {
  return new FakeStream([new FakeTrack(kind)], name) as unknown as MediaStream;
}

/** The media of one call without a browser. It is as strict as one: offers alternate with answers, and the end is the end. */
export class FakeMedia implements MediaHandler {
  /** Whether sound goes out. */
  microphone = false;
  camera = false;
  screen = false;
  /** What the user was last asked to share. */
  displayOptions: DisplayOptions | null = null;
  /** The tones that were sent; null where the platform takes none. */
  tones: string | null = null;
  /** How loud it is. */
  loudness: Levels = { microphone: null, slots: [null, null, null] };
  entries: readonly StatsEntry[] = [];
  closed = false;
  offers = 0;
  /** Counts the connections. */
  connection = 1;
  restarts = 0;
  /** The answers that were taken. */
  readonly answers: string[] = [];
  /** Which slot shows which video. */
  readonly videos = new Map<string, number>();
  layers: WantedLayers | null = null;
  videoSlots = FIRST_VIDEO_SLOTS;
  /** What opening a device is rejected with from now on. */
  deviceError: RtcError | null = null;
  readonly #listener: MediaListener;
  readonly #streams = new Map<string, MediaStream>();
  readonly #remoteAudio = fakeStream("remote-audio", "audio");
  #wishes: MediaWishes;
  #offering = false;

  constructor(
    listener: MediaListener,
    wishes: MediaWishes,
    readonly iceServers: IceServers,
  ) {
    this.#listener = listener;
    this.#wishes = wishes;
  }

  /** The network path is lost. */
  losePath(): void {
    this.#listener.pathLost();
  }

  /** Packets arrive. */
  flows(): void {
    this.#listener.mediaFlows();
  }

  /** Somebody pulls the plug of the camera. */
  loseCamera(): void {
    this.#listener.cameraLost();
  }

  /** Somebody pulls the plug of the only microphone. */
  loseMicrophone(cause: ErrorCode): void {
    this.microphone = false;
    this.#listener.microphoneLost(cause);
  }

  /** The user stops sharing with the browser's own button. */
  stopSharing(): void {
    this.#listener.screenEnded();
  }

  /** The user speaks and is muted. */
  talkWhileMuted(): void {
    this.#listener.talkingWhileMuted();
  }

  async open(wanted: LocalMedia): Promise<MediaStream | null> {
    this.microphone = wanted.microphone;
    await this.#openDevice(wanted.microphone || wanted.camera);
    this.camera = wanted.camera;
    return wanted.camera ? fakeStream("camera") : null;
  }

  async setMicrophone(on: boolean): Promise<void> {
    this.microphone = on;
    await this.#openDevice(on);
  }

  async setCamera(on: boolean): Promise<MediaStream | null> {
    await this.#openDevice(on);
    this.camera = on;
    return on ? fakeStream("camera") : null;
  }

  async setScreen(on: DisplayOptions | null): Promise<MediaStream | null> {
    this.displayOptions = on ?? this.displayOptions;
    await this.#openDevice(on !== null);
    this.screen = on !== null;
    return on === null ? null : fakeStream("screen");
  }

  async useMicrophone(deviceId: string): Promise<void> {
    await this.#openDevice(true);
    this.#wishes = { ...this.#wishes, microphone: deviceId };
  }

  async useCamera(choice: CameraChoice): Promise<void> {
    await this.#openDevice(true);
    const chosen =
      "deviceId" in choice ? { camera: choice.deviceId } : { camera: null, cameraOrientation: choice.orientation };
    this.#wishes = { ...this.#wishes, ...chosen };
  }

  wishes(): MediaWishes {
    return this.#wishes;
  }

  setAudioQuality(audioQuality: AudioQualityMode): void {
    this.#wishes = { ...this.#wishes, audioQuality };
  }

  setVideoQuality(videoQuality: VideoQuality): void {
    this.#wishes = { ...this.#wishes, videoQuality };
  }

  sendTones(digits: string): void {
    if (this.tones === null) throw new RtcError(errorCode("FEATURE_UNAVAILABLE"));
    this.tones += digits;
  }

  async reconnect(): Promise<void> {
    this.#mustBeOpen();
    this.connection += 1;
    this.#offering = false;
    this.layers = null;
  }

  async createOffer(restart: boolean): Promise<string> {
    this.#mustBeOpen();
    if (this.#offering) throw new Error("An offer is made before the answer to the last one came");
    this.#offering = true;
    this.offers += 1;
    if (restart) this.restarts += 1;
    return `offer ${this.offers}`;
  }

  async acceptAnswer(sdp: string): Promise<void> {
    this.#mustBeOpen();
    if (!this.#offering) throw new Error("There is no offer to answer");
    this.#offering = false;
    this.answers.push(sdp);
  }

  remoteAudio(): MediaStream {
    return this.#remoteAudio;
  }

  sendLayers({ camera, screen }: WantedLayers): void {
    this.layers = { camera, screen };
  }

  addVideoSlots(count: number): boolean {
    const more = count > this.videoSlots;
    this.videoSlots = Math.max(count, this.videoSlots);
    return more;
  }

  showVideo(videoId: string, slot: number): MediaStream {
    if (slot >= this.videoSlots) throw new Error(`There is no video slot ${slot}`);
    this.videos.set(videoId, slot);
    const stream = this.#streams.get(videoId) ?? fakeStream(videoId);
    this.#streams.set(videoId, stream);
    return stream;
  }

  hideVideo(videoId: string): void {
    this.videos.delete(videoId);
    this.#streams.delete(videoId);
  }

  async stats(): Promise<readonly StatsEntry[]> {
    return this.entries;
  }

  async levels(): Promise<Levels> {
    return this.loudness;
  }

  async close(): Promise<TotalMediaStats> {
    this.#mustBeOpen();
    this.closed = true;
    this.microphone = false;
    this.camera = false;
    this.screen = false;
    return { totalAudioStats: null };
  }

  async #openDevice(wanted: boolean): Promise<void> {
    await Promise.resolve();
    if (wanted && this.deviceError !== null) throw this.deviceError;
  }

  #mustBeOpen(): void {
    if (this.closed) throw new Error("The media connection is closed");
  }
}
