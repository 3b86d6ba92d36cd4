import type { RtcError } from "../api/error-code.js";
import type { TotalMediaStats } from "../api/stats.js";
import type { LocalMedia, MediaHandler } from "../media/handler.js";

/** A stream that plays nothing; it can only be told from others. */
export function fakeStream(name: string): MediaStream {
  return { id: name } as MediaStream;
}

/** The media of one call without a browser. It is as strict as one: offers alternate with answers, and the end is the end. */
export class FakeMedia implements MediaHandler {
  /** Whether sound goes out. */
  microphone = false;
  camera = false;
  closed = false;
  offers = 0;
  restarts = 0;
  /** The answers that were taken. */
  readonly answers: string[] = [];
  /** Which slot shows whom. */
  readonly videos = new Map<string, number>();
  /** What opening a device is rejected with from now on. */
  deviceError: RtcError | null = null;
  readonly #connectionFailed: () => void;
  readonly #streams = new Map<string, MediaStream>();
  readonly #remoteAudio = fakeStream("remote-audio");
  #offering = false;

  constructor(connectionFailed: () => void) {
    this.#connectionFailed = connectionFailed;
  }

  /** The network path is lost. */
  losePath(): void {
    this.#connectionFailed();
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

  showVideo(participantId: string, slot: number): MediaStream {
    this.videos.set(participantId, slot);
    const stream = this.#streams.get(participantId) ?? fakeStream(participantId);
    this.#streams.set(participantId, stream);
    return stream;
  }

  hideVideo(participantId: string): void {
    this.videos.delete(participantId);
    this.#streams.delete(participantId);
  }

  async close(): Promise<TotalMediaStats> {
    this.#mustBeOpen();
    this.closed = true;
    this.microphone = false;
    this.camera = false;
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
