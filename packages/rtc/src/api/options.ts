import { AudioOptions, type AudioWishes, VideoOptions, type VideoWishes } from "./media-options.js";
import {
  ApplicationCallOptionsBuilder,
  PhoneCallOptionsBuilder,
  RoomCallOptionsBuilder,
  ViberCallOptionsBuilder,
  WebrtcCallOptionsBuilder,
} from "./options-builders.js";
import type {
  PhoneCallRecordingOptions,
  RoomCallRecordingOptions,
  ViberCallRecordingOptions,
  WebrtcCallRecordingOptions,
} from "./recording.js";

/** An application's own data that travels with a call: at most 4 KiB as JSON. */
export type CustomData = Readonly<Record<string, string>>;

/** How to start any call. Plain objects with these fields do as well as built options. */
export interface CallWishes {
  /** Whether to start unmuted. Default true. With false the microphone is opened at the first unmute. */
  audio?: boolean | undefined;
  /** How the microphone is sent. */
  audioOptions?: AudioWishes | undefined;
  /** Data for the other side. Default none. */
  customData?: CustomData | undefined;
  /**
   * Whether this side comes back when the platform has given it up, after a long outage: a room is joined again. Default true.
   * Short outages and other networks end no call anyway.
   */
  autoReconnect?: boolean | undefined;
  /** Hangs up, or leaves, when it is aborted. Ringback's own. */
  signal?: AbortSignal | undefined;
}

/** How to start a call that can have video. */
export interface MediaCallOptions extends CallWishes {
  /** Whether to start with the camera. Default false. */
  video?: boolean | undefined;
  /** How the camera and the screen are sent. */
  videoOptions?: VideoWishes | undefined;
  /** Whether the call carries texts (`dataChannel()`). Default false. */
  dataChannel?: boolean | undefined;
}

/** How to start or answer a call between two. */
export interface WebrtcCallWishes extends MediaCallOptions {
  /** What the user wants recorded. */
  recordingOptions?: WebrtcCallRecordingOptions | undefined;
}

/** Whether a machine that answers is to be told from a human. The platform decides whether it can. */
export class MachineDetectionOptions {
  /**
   * @param enabled - whether to look
   * @param detectionTime - for how long at most, in seconds
   */
  constructor(
    public enabled: boolean = false,
    public detectionTime: number | undefined = undefined,
  ) {}
}

/** How to start a phone call. */
export interface PhoneCallWishes extends CallWishes {
  /** The number that the called sees. */
  from?: string | undefined;
  /** Whether a machine that answers is to be told from a human. */
  machineDetectionOptions?: MachineDetectionOptions | undefined;
  /** What the user wants recorded. */
  recordingOptions?: PhoneCallRecordingOptions | undefined;
}

/** How to start a Viber call. */
export interface ViberCallWishes extends CallWishes {
  /** What the user wants recorded. */
  recordingOptions?: ViberCallRecordingOptions | undefined;
}

/** Which of the account's applications and entities a call belongs to. */
export class PlatformOptions {
  /**
   * @param applicationId - the application
   * @param entityId - the entity in it
   */
  constructor(
    public applicationId: string | undefined = undefined,
    public entityId: string | undefined = undefined,
  ) {}
}

/** How to start a call to an application. */
export interface ApplicationCallWishes extends MediaCallOptions {
  /** Which of the account's applications and entities the call belongs to. */
  platformOptions?: PlatformOptions | undefined;
}

/** How to join a room. */
export interface RoomCallWishes extends MediaCallOptions {
  /**
   * The older name of `autoReconnect`.
   *
   * @deprecated Use `autoReconnect`.
   */
  autoRejoin?: boolean | undefined;
  /** What the user wants recorded. */
  recordingOptions?: RoomCallRecordingOptions | undefined;
}

/** Options of any call. Missing fields have taken their defaults. */
export class CallOptions implements CallWishes {
  audio: boolean;
  audioOptions: AudioOptions;
  customData: CustomData;
  autoReconnect: boolean;
  signal: AbortSignal | undefined;

  /** Missing fields take their defaults. */
  constructor(fields: CallWishes = {}) {
    this.audio = fields.audio ?? true;
    this.audioOptions = new AudioOptions(fields.audioOptions ?? {});
    this.customData = { ...fields.customData };
    this.autoReconnect = fields.autoReconnect ?? true;
    this.signal = fields.signal;
  }
}

/** Options of a call that can have video. */
export class VideoCallOptions extends CallOptions implements MediaCallOptions {
  video: boolean;
  videoOptions: VideoOptions;
  dataChannel: boolean;

  /** Missing fields take their defaults. */
  constructor(fields: MediaCallOptions = {}) {
    super(fields);
    this.video = fields.video ?? false;
    this.videoOptions = new VideoOptions(fields.videoOptions ?? {});
    this.dataChannel = fields.dataChannel ?? false;
  }
}

/** Options of a call between two, for calling as well as for accepting. */
export class WebrtcCallOptions extends VideoCallOptions {
  recordingOptions: WebrtcCallRecordingOptions | undefined;

  /** Missing fields take their defaults. */
  constructor(fields: WebrtcCallWishes = {}) {
    super(fields);
    this.recordingOptions = fields.recordingOptions;
  }

  /** Begins to collect options. */
  static builder(): WebrtcCallOptionsBuilder<WebrtcCallOptions> {
    return new WebrtcCallOptionsBuilder((fields) => new WebrtcCallOptions(fields));
  }
}

/** Options of a phone call. */
export class PhoneCallOptions extends CallOptions implements PhoneCallWishes {
  from: string | undefined;
  machineDetectionOptions: MachineDetectionOptions | undefined;
  recordingOptions: PhoneCallRecordingOptions | undefined;

  /** Missing fields take their defaults. */
  constructor(fields: PhoneCallWishes = {}) {
    super(fields);
    this.from = fields.from;
    this.machineDetectionOptions = fields.machineDetectionOptions;
    this.recordingOptions = fields.recordingOptions;
  }

  /** Begins to collect options. */
  static builder(): PhoneCallOptionsBuilder<PhoneCallOptions> {
    return new PhoneCallOptionsBuilder((fields) => new PhoneCallOptions(fields));
  }
}

/** Options of a Viber call. */
export class ViberCallOptions extends CallOptions {
  recordingOptions: ViberCallRecordingOptions | undefined;

  /** Missing fields take their defaults. */
  constructor(fields: ViberCallWishes = {}) {
    super(fields);
    this.recordingOptions = fields.recordingOptions;
  }

  /** Begins to collect options. */
  static builder(): ViberCallOptionsBuilder<ViberCallOptions> {
    return new ViberCallOptionsBuilder((fields) => new ViberCallOptions(fields));
  }
}

/** Options of a call to an application. What of it is recorded is up to the application. */
export class ApplicationCallOptions extends VideoCallOptions implements ApplicationCallWishes {
  platformOptions: PlatformOptions;

  /** Missing fields take their defaults. */
  constructor(fields: ApplicationCallWishes = {}) {
    super(fields);
    this.platformOptions = { ...new PlatformOptions(), ...fields.platformOptions };
  }

  /** Begins to collect options. */
  static builder(): ApplicationCallOptionsBuilder<ApplicationCallOptions> {
    return new ApplicationCallOptionsBuilder((fields) => new ApplicationCallOptions(fields));
  }
}

/** Options of joining a room. */
export class RoomCallOptions extends VideoCallOptions {
  recordingOptions: RoomCallRecordingOptions | undefined;

  /** Missing fields take their defaults. */
  constructor(fields: RoomCallWishes = {}) {
    super({ ...fields, autoReconnect: fields.autoReconnect ?? fields.autoRejoin });
    this.recordingOptions = fields.recordingOptions;
  }

  /** Begins to collect options. */
  static builder(): RoomCallOptionsBuilder<RoomCallOptions> {
    return new RoomCallOptionsBuilder((fields) => new RoomCallOptions(fields));
  }
}

/** What of a device's display can be shared: a tab of the browser, a whole screen, or a window. */
export type DisplaySurface = "browser" | "monitor" | "window";

/** Options of sharing the screen. */
export interface DisplayOptions {
  /**
   * What the user may choose. Default everything. The first is what the browser proposes; another choice fails with
   * `FORBIDDEN_DISPLAY_SURFACE`, unless the browser does not say what was chosen (Firefox).
   */
  readonly allowedDisplayOptions?: readonly DisplaySurface[] | undefined;
}

/** Options of saying how large a video is shown. */
export interface WatchOptions {
  /** Whether it comes before others when bandwidth is scarce. Default false; a shared screen always does. */
  readonly pinned?: boolean | undefined;
}

/** Collects options of declining. */
export class DeclineOptionsBuilder {
  #declineOnAllDevices = false;

  /** Whether the call stops ringing on the user's other devices too. */
  setDeclineOnAllDevices(declineOnAllDevices: boolean): this {
    this.#declineOnAllDevices = declineOnAllDevices;
    return this;
  }

  /** The options collected so far. */
  build(): DeclineOptions {
    return new DeclineOptions(this.#declineOnAllDevices);
  }
}

/** Options of declining an incoming call. Default: it goes on ringing on the user's other devices. */
export class DeclineOptions {
  /** @param declineOnAllDevices - whether the call stops ringing on the user's other devices too */
  constructor(public declineOnAllDevices: boolean = false) {}

  /** Begins to collect options. */
  static builder(): DeclineOptionsBuilder {
    return new DeclineOptionsBuilder();
  }
}
