import type { StopWatching } from "../api/calls.js";
import type { AudioLevels } from "../api/devices.js";
import { AudioQualityMode, CameraOrientation } from "../api/enums.js";
import { errorCode, invalidArgument, RtcError } from "../api/error-code.js";
import type { TotalMediaStats } from "../api/stats.js";
import { VideoQuality } from "../api/video.js";
import { type MediaOptions, type MediaWishes, mediaWishes } from "../media/wishes.js";
import type { CallMedia } from "./call-media.js";
import { noteMissingFilters } from "./missing-features.js";
import { OwnSide } from "./own-side.js";
import type { Snapshot } from "./snapshot.js";

/** What a telephone has keys for (RFC 4733 §3.2). */
const DIGITS = /^[0-9*#A-D]+$/i;

/** How the media of a call is sent, received and played. */
export abstract class MediaControl extends OwnSide {
  protected abstract snapshot: Snapshot | null;
  readonly #attached = new Set<() => void>();

  /** What the call's options say of its media. */
  protected mediaOptions(): MediaOptions {
    return {};
  }

  audioQualityMode(): AudioQualityMode {
    return this.wishes().audioQuality;
  }

  setAudioQualityMode(mode: AudioQualityMode): void {
    if (AudioQualityMode[mode] === undefined) throw invalidArgument("There is no such audio quality mode.");
    this.#open()?.handler.setAudioQuality(mode);
  }

  videoQuality(): VideoQuality {
    return this.wishes().videoQuality;
  }

  setVideoQuality(quality: VideoQuality): void {
    if (!Object.hasOwn(VideoQuality, quality)) throw invalidArgument("There is no such video quality.");
    this.#open()?.handler.setVideoQuality(quality);
  }

  cameraOrientation(): CameraOrientation {
    return this.wishes().cameraOrientation;
  }

  setCameraOrientation(orientation: CameraOrientation): Promise<void> {
    return this.change(async (publishing) => {
      const known: readonly string[] = Object.values(CameraOrientation);
      if (!known.includes(orientation)) throw invalidArgument("There is no such camera orientation.");
      await publishing.useCamera({ orientation });
    });
  }

  stopVideo(): Promise<void> {
    return this.change(async (publishing) => {
      await Promise.all([publishing.setCamera(false), publishing.setScreen(false)]);
    });
  }

  pauseIncomingVideo(): void {
    this.#open()?.videos.pauseIncoming(true);
  }

  resumeIncomingVideo(): void {
    this.#open()?.videos.pauseIncoming(false);
  }

  sendDTMF(digits: string): Promise<void> {
    return this.change(async () => {
      if (!DIGITS.test(digits)) throw invalidArgument("Telephones have keys for 0-9, *, # and A-D only.");
      this.media?.handler.sendTones(digits.toUpperCase());
    });
  }

  attach(element: HTMLMediaElement, stream?: MediaStream): StopWatching {
    const media = this.#open();
    if (media === null) return () => {};
    const played = stream ?? media.handler.remoteAudio();
    const ends = [
      this.context.playback.attach(element, played, (resume) => this.tell("audio-playback-blocked", { resume })),
      // What is no video of somebody else is not watched.
      media.videos.watch(played, element, {}),
    ];
    const detach = () => {
      this.#attached.delete(detach);
      for (const end of ends.splice(0)) end();
    };
    this.#attached.add(detach);
    return detach;
  }

  async audioLevels(): Promise<AudioLevels> {
    const { microphone = null, slots = [] } = (await this.media?.handler.levels()) ?? {};
    const participants = new Map<string, number>();
    for (const { index, participantId, microphone: published } of this.snapshot?.slots ?? []) {
      const level = slots[index];
      if (published !== null && typeof level === "number") participants.set(participantId, level);
    }
    return { microphone: this.muted() ? 0 : microphone, participants };
  }

  /** How media is sent when it begins. */
  protected firstWishes(): MediaWishes {
    noteMissingFilters(this.mediaOptions(), this.context.log);
    return this.wishes();
  }

  /** How media is sent, or will be. */
  protected wishes(): MediaWishes {
    return this.media?.handler.wishes() ?? mediaWishes(this.mediaOptions(), this.context.devices());
  }

  protected override closeMedia(): Promise<TotalMediaStats> {
    for (const detach of this.#attached) detach();
    return super.closeMedia();
  }

  /** The media of a call that goes on; null when it is over. */
  #open(): CallMedia | null {
    if (this.isOver()) return null;
    if (this.media === null) throw new RtcError(errorCode("INVALID_REQUEST"));
    return this.media;
  }
}
