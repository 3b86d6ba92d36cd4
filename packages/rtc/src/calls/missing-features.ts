import { errorCode, RtcError } from "../api/error-code.js";
import type { AudioFilter, VideoFilter } from "../api/filters.js";
import type { Log } from "../log.js";
import type { MediaOptions } from "../media/wishes.js";

function unavailable(): Promise<never> {
  const refused = Promise.reject(new RtcError(errorCode("FEATURE_UNAVAILABLE")));
  // An application that does not await must not see an unhandled rejection.
  refused.catch(() => {});
  return refused;
}

/** A call goes on without the filters that its options ask for. */
export function noteMissingFilters({ audioOptions, videoOptions }: MediaOptions, log: Log): void {
  if (audioOptions?.audioFilter === undefined && videoOptions?.videoFilter === undefined) return;
  log.warn("This release has no filters: the call goes on without");
}

const NO_PICTURES = {
  takeLocalScreenshot: unavailable,
  takeRemoteScreenshot: unavailable,
  takeScreenshot: unavailable,
};

/** What the surface of calls has and this release does not. */
export abstract class MissingFeatures {
  audioFilter(): undefined {}

  setAudioFilter(_: AudioFilter): Promise<void> {
    return unavailable();
  }

  clearAudioFilter(): Promise<void> {
    return Promise.resolve();
  }

  videoFilter(): undefined {}

  setVideoFilter(_: VideoFilter): Promise<void> {
    return unavailable();
  }

  clearVideoFilter(): Promise<void> {
    return Promise.resolve();
  }

  localCapturer(): typeof NO_PICTURES {
    return NO_PICTURES;
  }

  serverCapturer(): typeof NO_PICTURES {
    return NO_PICTURES;
  }
}
