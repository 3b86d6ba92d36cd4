import type { AudioWishes, VideoWishes } from "./media-options.js";
import type {
  ApplicationCallWishes,
  CallWishes,
  CustomData,
  MachineDetectionOptions,
  MediaCallOptions,
  PhoneCallWishes,
  PlatformOptions,
  RoomCallWishes,
  ViberCallWishes,
  WebrtcCallWishes,
} from "./options.js";
import type {
  PhoneCallRecordingOptions,
  RoomCallRecordingOptions,
  ViberCallRecordingOptions,
  WebrtcCallRecordingOptions,
} from "./recording.js";

/** Collects options of any call one by one; every setter gives the builder back. */
export class CallOptionsBuilder<Wishes extends CallWishes, Options> {
  protected readonly wishes: Wishes = {} as Wishes;
  readonly #make: (wishes: Wishes) => Options;

  /** @param make - builds the options out of what was collected */
  constructor(make: (wishes: Wishes) => Options) {
    this.#make = make;
  }

  /** Whether to start unmuted. */
  setAudio(audio: boolean): this {
    this.wishes.audio = audio;
    return this;
  }

  /** How the microphone is sent. */
  setAudioOptions(audioOptions: AudioWishes): this {
    this.wishes.audioOptions = audioOptions;
    return this;
  }

  /** Data for the other side, at most 4 KiB as JSON. */
  setCustomData(customData: CustomData): this {
    this.wishes.customData = customData;
    return this;
  }

  /** Whether this side comes back when the platform has given it up. */
  setAutoReconnect(autoReconnect: boolean): this {
    this.wishes.autoReconnect = autoReconnect;
    return this;
  }

  /** The options collected so far. */
  build(): Options {
    return this.#make({ ...this.wishes });
  }
}

/** Collects options of a call that can have video. */
export class VideoCallOptionsBuilder<Wishes extends MediaCallOptions, Options> extends CallOptionsBuilder<
  Wishes,
  Options
> {
  /** Whether to start with the camera. */
  setVideo(video: boolean): this {
    this.wishes.video = video;
    return this;
  }

  /** How the camera and the screen are sent. */
  setVideoOptions(videoOptions: VideoWishes): this {
    this.wishes.videoOptions = videoOptions;
    return this;
  }

  /** Whether the call carries texts. */
  setDataChannel(dataChannel: boolean): this {
    this.wishes.dataChannel = dataChannel;
    return this;
  }
}

/** Collects options of a call between two. */
export class WebrtcCallOptionsBuilder<Options> extends VideoCallOptionsBuilder<WebrtcCallWishes, Options> {
  /** What the user wants recorded. */
  setRecordingOptions(recordingOptions: WebrtcCallRecordingOptions): this {
    this.wishes.recordingOptions = recordingOptions;
    return this;
  }
}

/** Collects options of a phone call. */
export class PhoneCallOptionsBuilder<Options> extends CallOptionsBuilder<PhoneCallWishes, Options> {
  /** The number that the called sees. */
  setFrom(from: string): this {
    this.wishes.from = from;
    return this;
  }

  /** Whether a machine that answers is to be told from a human. */
  setMachineDetectionOptions(machineDetectionOptions: MachineDetectionOptions): this {
    this.wishes.machineDetectionOptions = machineDetectionOptions;
    return this;
  }

  /** What the user wants recorded. */
  setRecordingOptions(recordingOptions: PhoneCallRecordingOptions): this {
    this.wishes.recordingOptions = recordingOptions;
    return this;
  }
}

/** Collects options of a Viber call. */
export class ViberCallOptionsBuilder<Options> extends CallOptionsBuilder<ViberCallWishes, Options> {
  /** What the user wants recorded. */
  setRecordingOptions(recordingOptions: ViberCallRecordingOptions): this {
    this.wishes.recordingOptions = recordingOptions;
    return this;
  }
}

/** Collects options of a call to an application. */
export class ApplicationCallOptionsBuilder<Options> extends VideoCallOptionsBuilder<ApplicationCallWishes, Options> {
  /** Which of the account's applications and entities the call belongs to. */
  setPlatformOptions(platformOptions: PlatformOptions): this {
    this.wishes.platformOptions = platformOptions;
    return this;
  }
}

/** Collects options of joining a room. */
export class RoomCallOptionsBuilder<Options> extends VideoCallOptionsBuilder<RoomCallWishes, Options> {
  /** What the user wants recorded. */
  setRecordingOptions(recordingOptions: RoomCallRecordingOptions): this {
    this.wishes.recordingOptions = recordingOptions;
    return this;
  }

  /**
   * The older name of {@link setAutoReconnect}.
   *
   * @deprecated Use {@link setAutoReconnect}.
   */
  setAutoRejoin(autoRejoin: boolean): this {
    return this.setAutoReconnect(autoRejoin);
  }
}
