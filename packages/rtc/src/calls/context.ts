import type { CallWishes, MediaCallOptions } from "../api/options.js";
import type { Log } from "../log.js";
import type { ObserveSize } from "../media/element-size.js";
import type { CreateMedia, LocalMedia } from "../media/handler.js";
import type { Playback } from "../media/playback.js";
import type { PreferredDevices } from "../media/wishes.js";
import type { Session } from "../signaling/session.js";
import type { CallRegistry } from "./registry.js";

/** What calls need of the client and of the world. */
export interface CallContext {
  /** The open session, now or as soon as there is one. */
  readonly session: () => Promise<Session>;
  /** Finds out whether the platform can still be reached: if media cannot pass, the socket may be dead too. */
  readonly probe: () => void;
  readonly registry: CallRegistry;
  readonly createMedia: CreateMedia;
  /** The devices that the application has chosen. */
  readonly devices: () => PreferredDevices;
  readonly observeSize: ObserveSize;
  readonly playback: Playback;
  readonly now: () => Date;
  readonly log: Log;
}

/** The wishes of options, with their defaults. */
export function wantedMedia(wishes: CallWishes | MediaCallOptions): LocalMedia {
  return { microphone: wishes.audio ?? true, camera: "video" in wishes && wishes.video === true };
}
