import { VideoRemovalReason } from "../api/enums.js";
import type { ErrorCode } from "../api/error-code.js";
import type { DisplayOptions } from "../api/options.js";
import type { Log } from "../log.js";
import { causeOf } from "../signaling/refusal.js";
import type { CameraChoice, LocalMedia, MediaHandler, SentMedia } from "./handler.js";
import { Reconciler } from "./reconciler.js";

/** What publishing tells its call. */
export interface PublishingListener {
  cameraAdded(stream: MediaStream): void;
  cameraRemoved(): void;
  screenAdded(stream: MediaStream): void;
  screenRemoved(reason: VideoRemovalReason): void;
  /** A device or the platform did not do what was wished. */
  failed(cause: ErrorCode): void;
}

/** Says to the platform what this side sends; only what has changed is named. */
export type Tell = (changes: Partial<SentMedia>) => Promise<unknown>;

/** What one call sends: brings microphone, camera and screen, and what the platform knows of them, to the latest wish. */
export class Publishing {
  readonly #media: MediaHandler;
  readonly #listener: PublishingListener;
  readonly #camera: Reconciler<boolean>;
  readonly #screen: Reconciler<boolean>;
  readonly #tell: Tell;
  #told: Reconciler<SentMedia>;
  readonly #opened: Promise<MediaStream | null>;
  /** The camera that comes with the first opening, until it was used. */
  #firstCamera: Promise<MediaStream | null> | null;
  #unmuted: boolean;
  #displayOptions: DisplayOptions = {};
  #screenRemovalReason: VideoRemovalReason = VideoRemovalReason.USER_REQUEST;
  /** The last change of a device; they are changed one after the other. */
  #deviceChange: Promise<unknown> = Promise.resolve();

  /** @param wanted - what the platform was told when the call began */
  constructor(media: MediaHandler, wanted: LocalMedia, tell: Tell, listener: PublishingListener, log: Log) {
    this.#media = media;
    this.#listener = listener;
    this.#unmuted = wanted.microphone;
    this.#camera = new Reconciler(false, (on) => this.#switchCamera(on));
    this.#screen = new Reconciler(false, (on) => this.#switchScreen(on));
    this.#tell = tell;
    this.#told = this.#toldAtFirst(wanted);
    this.#opened = media.open(wanted);
    this.#firstCamera = wanted.camera ? this.#opened : null;
    if (wanted.camera) this.#camera.want(true).catch((error: unknown) => log.debug("The camera did not start", error));
  }

  /** Fulfilled when the devices that were wanted at the beginning are open. */
  async opened(): Promise<void> {
    await this.#opened;
  }

  /** What a call is begun with that goes on with what is sent now. */
  sent(): LocalMedia {
    return { microphone: this.#unmuted, camera: this.#camera.wish() };
  }

  /** The platform has begun the call anew with this, and knows nothing else: it is told the rest. */
  async begunAgain(sent: LocalMedia): Promise<void> {
    this.#told = this.#toldAtFirst(sent);
    await this.#reporting(() => this.#tellScreenOrStop());
  }

  muted(): boolean {
    return !this.#unmuted;
  }

  hasCamera(): boolean {
    return this.#camera.actual();
  }

  hasScreen(): boolean {
    return this.#screen.actual();
  }

  async mute(shouldMute: boolean): Promise<void> {
    this.#unmuted = !shouldMute;
    try {
      await this.#media.setMicrophone(!shouldMute);
      await this.#tellWanted();
    } catch (error) {
      if (!shouldMute) this.#stayMuted();
      throw this.#failed(error);
    }
  }

  async setCamera(enabled: boolean): Promise<void> {
    await this.#reporting(async () => {
      await this.#camera.want(enabled);
      await this.#tellWanted();
    });
  }

  /** Begins to share, or stops. */
  async setScreen(enabled: boolean, options: DisplayOptions = {}): Promise<void> {
    this.#displayOptions = options;
    this.#screenRemovalReason = VideoRemovalReason.USER_REQUEST;
    await this.#reporting(async () => {
      await this.#screen.want(enabled);
      await this.#tellScreenOrStop();
    });
  }

  /** The platform has ended the share. It is told so too, because this side may have begun to share again meanwhile. */
  async screenStopped(reason: VideoRemovalReason): Promise<void> {
    this.#screenRemovalReason = reason;
    await this.#reporting(async () => {
      await this.#screen.want(false);
      await this.#tellWanted();
    });
  }

  /** The microphone is gone, and there is no other. */
  async microphoneLost(cause: ErrorCode): Promise<void> {
    this.#unmuted = false;
    this.#listener.failed(cause);
    await this.#tellWanted();
  }

  async useMicrophone(deviceId: string): Promise<void> {
    await this.#changeDevice(() => this.#media.useMicrophone(deviceId));
  }

  async useCamera(choice: CameraChoice): Promise<void> {
    await this.#changeDevice(() => this.#media.useCamera(choice));
  }

  #changeDevice(change: () => Promise<void>): Promise<void> {
    const turn = this.#deviceChange.then(() => this.#reporting(change));
    this.#deviceChange = turn.catch(() => {});
    return turn;
  }

  /** Nobody should speak unheard: when the platform or the microphone did not follow, this side is and shows muted. */
  #stayMuted(): void {
    this.#unmuted = false;
    void this.#media.setMicrophone(false);
  }

  async #reporting(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw this.#failed(error);
    }
  }

  #failed(error: unknown): unknown {
    this.#listener.failed(causeOf(error));
    return error;
  }

  /** Nobody should share unseen: when the platform does not follow, the sharing stops. */
  async #tellScreenOrStop(): Promise<void> {
    try {
      await this.#tellWanted();
    } catch (error) {
      await this.#screen.want(false);
      throw error;
    }
  }

  #toldAtFirst(wanted: LocalMedia): Reconciler<SentMedia> {
    return new Reconciler<SentMedia>(
      { ...wanted, screen: false },
      (wish, actual) => this.#tell(difference(actual, wish)),
      (one, other) => Object.keys(difference(one, other)).length === 0,
    );
  }

  #tellWanted(): Promise<void> {
    return this.#told.want({
      microphone: this.#unmuted,
      camera: this.#camera.wish(),
      screen: this.#screen.wish(),
    });
  }

  async #switchCamera(on: boolean): Promise<void> {
    const first = this.#firstCamera;
    this.#firstCamera = null;
    const stream = await (first ?? this.#media.setCamera(on));
    if (stream === null) this.#listener.cameraRemoved();
    else this.#listener.cameraAdded(stream);
  }

  async #switchScreen(on: boolean): Promise<void> {
    const stream = await this.#media.setScreen(on ? this.#displayOptions : null);
    if (stream === null) this.#listener.screenRemoved(this.#screenRemovalReason);
    else this.#listener.screenAdded(stream);
  }
}

function difference(from: SentMedia, to: SentMedia): Partial<SentMedia> {
  return {
    ...(from.microphone !== to.microphone && { microphone: to.microphone }),
    ...(from.camera !== to.camera && { camera: to.camera }),
    ...(from.screen !== to.screen && { screen: to.screen }),
  };
}
