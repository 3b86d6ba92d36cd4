import { AudioQualityMode, CameraOrientation, VideoMode } from "./enums.js";
import type { AudioFilter, VideoFilter } from "./filters.js";
import { VideoCodec, VideoQuality } from "./video.js";

/** How the microphone is sent, as plain fields. */
export interface AudioWishes {
  /** A filter for the microphone; this release goes on without it, and says so in its log. */
  audioFilter?: AudioFilter | undefined;
  /** How much sound is sent. Default `AUTO`. */
  audioQualityMode?: AudioQualityMode | undefined;
  /**
   * Whether `TALKING_WHILE_MUTED` tells that the user speaks and nobody hears it. Default false. It is measured in the page;
   * with `audio: false` not before the first unmute, because the microphone is not open.
   */
  detectTalkingWhileMuted?: boolean | undefined;
}

/** How the microphone is sent. */
export class AudioOptions implements AudioWishes {
  audioFilter: AudioFilter | undefined;
  audioQualityMode: AudioQualityMode;
  detectTalkingWhileMuted: boolean;

  /** Missing fields take their defaults. */
  constructor(fields: AudioWishes = {}) {
    this.audioFilter = fields.audioFilter;
    this.audioQualityMode = fields.audioQualityMode ?? AudioQualityMode.AUTO;
    this.detectTalkingWhileMuted = fields.detectTalkingWhileMuted ?? false;
  }

  /** Begins to collect options. */
  static builder(): AudioOptionsBuilder {
    return new AudioOptionsBuilder();
  }
}

/** Collects options of the microphone; every setter gives the builder back. */
export class AudioOptionsBuilder {
  readonly #fields: AudioWishes = {};

  /** A filter for the microphone. */
  setAudioFilter(audioFilter: AudioFilter): this {
    this.#fields.audioFilter = audioFilter;
    return this;
  }

  /** How much sound is sent. */
  setAudioQualityMode(audioQualityMode: AudioQualityMode): this {
    this.#fields.audioQualityMode = audioQualityMode;
    return this;
  }

  /** Whether `TALKING_WHILE_MUTED` is told. */
  setDetectTalkingWhileMuted(detectTalkingWhileMuted: boolean): this {
    this.#fields.detectTalkingWhileMuted = detectTalkingWhileMuted;
    return this;
  }

  /** The options collected so far. */
  build(): AudioOptions {
    return new AudioOptions(this.#fields);
  }
}

/** How the camera and the screen are sent, as plain fields. */
export interface VideoWishes {
  /** Which camera of a phone. Default `FRONT`. */
  cameraOrientation?: CameraOrientation | undefined;
  /** A filter for the camera; this release goes on without it, and says so in its log. */
  videoFilter?: VideoFilter | undefined;
  /** Whether one presenter is seen at a time. Rooms of this release always do so, calls between two never. */
  videoMode?: VideoMode | undefined;
  /** Pictures per second of the camera, 5 … 30. Default 30. */
  cameraVideoFrameRate?: number | undefined;
  /** Pictures per second of the screen, 1 … 30. Default 15. */
  screenShareFrameRate?: number | undefined;
  /** The camera, by its `deviceId`. Default the client's choice. */
  deviceId?: string | undefined;
  /** How much video of the camera is sent at most. Default `HIGH`. Ringback's own. */
  videoQuality?: VideoQuality | undefined;
  /** How pictures are coded, where the browser can. Default `VP8`. Ringback's own. */
  videoCodec?: VideoCodec | undefined;
}

/** How the camera and the screen are sent. */
export class VideoOptions implements VideoWishes {
  cameraOrientation: CameraOrientation;
  videoFilter: VideoFilter | undefined;
  videoMode: VideoMode;
  cameraVideoFrameRate: number | undefined;
  screenShareFrameRate: number | undefined;
  deviceId: string | undefined;
  videoQuality: VideoQuality;
  videoCodec: VideoCodec;

  /** Missing fields take their defaults. */
  constructor(fields: VideoWishes = {}) {
    this.cameraOrientation = fields.cameraOrientation ?? CameraOrientation.FRONT;
    this.videoFilter = fields.videoFilter;
    this.videoMode = fields.videoMode ?? VideoMode.GRID;
    this.cameraVideoFrameRate = fields.cameraVideoFrameRate;
    this.screenShareFrameRate = fields.screenShareFrameRate;
    this.deviceId = fields.deviceId;
    this.videoQuality = fields.videoQuality ?? VideoQuality.HIGH;
    this.videoCodec = fields.videoCodec ?? VideoCodec.VP8;
  }

  /** Begins to collect options. */
  static builder(): VideoOptionsBuilder {
    return new VideoOptionsBuilder();
  }
}

/** Collects options of camera and screen; every setter gives the builder back. */
export class VideoOptionsBuilder {
  readonly #fields: VideoWishes = {};

  /** Which camera of a phone. */
  setCameraOrientation(cameraOrientation: CameraOrientation): this {
    this.#fields.cameraOrientation = cameraOrientation;
    return this;
  }

  /** A filter for the camera. */
  setVideoFilter(videoFilter: VideoFilter): this {
    this.#fields.videoFilter = videoFilter;
    return this;
  }

  /** Whether one presenter is seen at a time. */
  setVideoMode(videoMode: VideoMode): this {
    this.#fields.videoMode = videoMode;
    return this;
  }

  /** Pictures per second of the camera. */
  setCameraVideoFrameRate(cameraVideoFrameRate: number): this {
    this.#fields.cameraVideoFrameRate = cameraVideoFrameRate;
    return this;
  }

  /** Pictures per second of the screen. */
  setScreenShareFrameRate(screenShareFrameRate: number): this {
    this.#fields.screenShareFrameRate = screenShareFrameRate;
    return this;
  }

  /** The camera, by its `deviceId`. */
  setDeviceId(deviceId: string): this {
    this.#fields.deviceId = deviceId;
    return this;
  }

  /** How much video of the camera is sent at most. */
  setVideoQuality(videoQuality: VideoQuality): this {
    this.#fields.videoQuality = videoQuality;
    return this;
  }

  /** How pictures are coded, where the browser can. */
  setVideoCodec(videoCodec: VideoCodec): this {
    this.#fields.videoCodec = videoCodec;
    return this;
  }

  /**
   * The same as {@link setVideoFilter}, as older applications say it.
   *
   * @deprecated Use {@link setVideoFilter}.
   */
  setVideoFilterFactory(factory: () => VideoFilter): this {
    return this.setVideoFilter(factory());
  }

  /** The options collected so far. */
  build(): VideoOptions {
    return new VideoOptions(this.#fields);
  }
}
