import type { ErrorCode } from "../api/error-code.js";
import type { Log } from "../log.js";
import { causeOf } from "../signaling/refusal.js";
import type { LocalMedia, MediaHandler } from "./handler.js";
import { Reconciler } from "./reconciler.js";

/** What publishing tells its call. */
export interface PublishingListener {
  cameraAdded(stream: MediaStream): void;
  cameraRemoved(): void;
  /** A device or the platform did not do what was wished. */
  failed(cause: ErrorCode): void;
}

/** Says to the platform what this side sends; only what has changed is named. */
export type Tell = (changes: Partial<LocalMedia>) => Promise<unknown>;

/** The microphone and the camera of one call: brings devices, and what the platform knows of them, to the latest wish. */
export class Publishing {
  readonly #media: MediaHandler;
  readonly #listener: PublishingListener;
  readonly #camera: Reconciler<boolean>;
  readonly #told: Reconciler<LocalMedia>;
  #unmuted: boolean;
  readonly #opened: Promise<MediaStream | null>;
  /** The camera that comes with the first opening, until it was used. */
  #firstCamera: Promise<MediaStream | null> | null;

  /** @param wanted - what the platform was told when the call began */
  constructor(media: MediaHandler, wanted: LocalMedia, tell: Tell, listener: PublishingListener, log: Log) {
    this.#media = media;
    this.#listener = listener;
    this.#unmuted = wanted.microphone;
    this.#camera = new Reconciler(false, (on) => this.#switchCamera(on));
    this.#told = new Reconciler(wanted, (wish, actual) => tell(difference(actual, wish)), isSame);
    this.#opened = media.open(wanted);
    this.#firstCamera = wanted.camera ? this.#opened : null;
    if (wanted.camera) this.#camera.want(true).catch((error: unknown) => log.debug("The camera did not start", error));
  }

  /** Fulfilled when the devices that were wanted at the beginning are open. */
  async opened(): Promise<void> {
    await this.#opened;
  }

  muted(): boolean {
    return !this.#unmuted;
  }

  hasCamera(): boolean {
    return this.#camera.actual();
  }

  async mute(shouldMute: boolean): Promise<void> {
    this.#unmuted = !shouldMute;
    try {
      await this.#media.setMicrophone(!shouldMute);
      await this.#told.want(this.#wanted());
    } catch (error) {
      if (!shouldMute) this.#stayMuted();
      throw this.#failed(error);
    }
  }

  async setCamera(enabled: boolean): Promise<void> {
    try {
      await this.#camera.want(enabled);
      await this.#told.want(this.#wanted());
    } catch (error) {
      throw this.#failed(error);
    }
  }

  /** Nobody should speak unheard: when the platform or the microphone did not follow, this side is and shows muted. */
  #stayMuted(): void {
    this.#unmuted = false;
    void this.#media.setMicrophone(false);
  }

  #failed(error: unknown): unknown {
    this.#listener.failed(causeOf(error));
    return error;
  }

  #wanted(): LocalMedia {
    return { microphone: this.#unmuted, camera: this.#camera.wish() };
  }

  async #switchCamera(on: boolean): Promise<void> {
    const first = this.#firstCamera;
    this.#firstCamera = null;
    const stream = await (first ?? this.#media.setCamera(on));
    if (stream === null) this.#listener.cameraRemoved();
    else this.#listener.cameraAdded(stream);
  }
}

function isSame(one: LocalMedia, other: LocalMedia): boolean {
  return one.microphone === other.microphone && one.camera === other.camera;
}

function difference(from: LocalMedia, to: LocalMedia): Partial<LocalMedia> {
  return {
    ...(from.microphone !== to.microphone && { microphone: to.microphone }),
    ...(from.camera !== to.camera && { camera: to.camera }),
  };
}
