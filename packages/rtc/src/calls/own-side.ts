import type { StopWatching } from "../api/calls.js";
import type { DataChannel } from "../api/data-channel.js";
import { VideoRemovalReason } from "../api/enums.js";
import { errorCode, RtcError } from "../api/error-code.js";
import type { LocalMediaEvents } from "../api/events.js";
import type { CallWishes, DisplayOptions, MediaCallOptions, WatchOptions } from "../api/options.js";
import type { TotalMediaStats } from "../api/stats.js";
import type { LocalMedia, MediaListener } from "../media/handler.js";
import type { Publishing, PublishingListener } from "../media/publishing.js";
import type { StatsEntry } from "../media/stats-entry.js";
import type { Session } from "../signaling/session.js";
import { type CallMedia, NOTHING_MEASURED } from "./call-media.js";
import type { CallContext } from "./context.js";
import { CallDataChannel } from "./data-channel.js";
import { MissingFeatures } from "./missing-features.js";

/** What an application may ask of a call on its own side: devices, how large it shows the others, and texts. */
export abstract class OwnSide extends MissingFeatures {
  protected readonly context: CallContext;
  protected media: CallMedia | null = null;
  protected texts: CallDataChannel | undefined;
  readonly #wanted: LocalMedia;

  /** @param wanted - what the call starts with */
  constructor(context: CallContext, wanted: LocalMedia) {
    super();
    this.context = context;
    this.#wanted = wanted;
  }

  /** Whether the end has come or was asked for. */
  protected abstract isOver(): boolean;
  /** Asks the platform something of the call, unless it is over. */
  protected abstract request<Result>(ask: (session: Session, callId: string) => Promise<Result>): Promise<Result>;
  /** Tells the application, unless the end has come or was asked for. */
  protected abstract tell<Name extends keyof LocalMediaEvents>(name: Name, event: LocalMediaEvents[Name]): void;

  mute(shouldMute: boolean): Promise<void> {
    return this.change((publishing) => publishing.mute(shouldMute));
  }

  muted(): boolean {
    return this.media?.publishing.muted() ?? !this.#wanted.microphone;
  }

  cameraVideo(enabled: boolean): Promise<void> {
    return this.change((publishing) => publishing.setCamera(enabled));
  }

  hasCameraVideo(): boolean {
    return !this.isOver() && (this.media?.publishing.hasCamera() ?? false);
  }

  screenShare(enabled: boolean): Promise<void> {
    return enabled ? this.startScreenShare() : this.stopScreenShare();
  }

  startScreenShare(options: DisplayOptions = {}): Promise<void> {
    return this.change((publishing) => publishing.setScreen(true, options));
  }

  stopScreenShare(): Promise<void> {
    return this.change((publishing) => publishing.setScreen(false));
  }

  hasScreenShare(): boolean {
    return !this.isOver() && (this.media?.publishing.hasScreen() ?? false);
  }

  setAudioInputDevice(deviceId: string): Promise<void> {
    return this.change((publishing) => publishing.useMicrophone(deviceId));
  }

  setVideoInputDevice(deviceId: string): Promise<void> {
    return this.change((publishing) => publishing.useCamera({ deviceId }));
  }

  watchDisplay(stream: MediaStream, element: Element, options: WatchOptions = {}): StopWatching {
    return this.media?.videos.watch(stream, element, options) ?? (() => {});
  }

  dataChannel(): DataChannel | undefined {
    return this.texts;
  }

  /** Gives the call a data channel, if it shall have one. */
  protected carryTexts(wishes: CallWishes | MediaCallOptions): void {
    if (!("dataChannel" in wishes) || wishes.dataChannel !== true) return;
    this.texts = new CallDataChannel((ask) => this.request(ask), this.context.now, this.context.log);
  }

  protected change(apply: (publishing: Publishing) => Promise<void>): Promise<void> {
    const done =
      this.media === null || this.isOver()
        ? Promise.reject(new RtcError(errorCode("INVALID_REQUEST")))
        : apply(this.media.publishing);
    // An application that does not await must not see an unhandled rejection: it hears of the failure by ERROR.
    done.catch(() => {});
    return done;
  }

  /** What the media connection measures now. */
  protected measured(): Promise<readonly StatsEntry[]> {
    return (this.isOver() ? undefined : this.media?.handler.stats()) ?? Promise.resolve([]);
  }

  /** The stream of a video that comes from this slot. */
  protected shown(videoId: string, slot: number): MediaStream | null {
    return this.media?.handler.showVideo(videoId, slot) ?? null;
  }

  /** What follows when a device is gone. */
  protected deviceListener(): Pick<
    MediaListener,
    "cameraLost" | "microphoneLost" | "screenEnded" | "talkingWhileMuted"
  > {
    return {
      cameraLost: () => void this.cameraVideo(false),
      microphoneLost: (cause) => void this.change((publishing) => publishing.microphoneLost(cause)),
      screenEnded: () => void this.stopScreenShare(),
      talkingWhileMuted: () => this.tell("talking-while-muted", {}),
    };
  }

  protected publishingListener(): PublishingListener {
    return {
      cameraAdded: (stream) => this.tell("camera-video-added", { stream }),
      cameraRemoved: () => this.tell("camera-video-removed", { reason: VideoRemovalReason.USER_REQUEST }),
      screenAdded: (stream) => this.tell("screen-share-added", { stream }),
      screenRemoved: (reason) => this.tell("screen-share-removed", { reason }),
      failed: (cause) => this.tell("error", { errorCode: cause }),
    };
  }

  protected closeMedia(): Promise<TotalMediaStats> {
    return this.media?.close() ?? Promise.resolve(NOTHING_MEASURED);
  }
}
