/** An application's own data that travels with a call: at most 4 KiB as JSON. */
export type CustomData = Readonly<Record<string, string>>;

/** How to start, answer or join. Plain objects with these fields do as well as built options. */
export interface MediaCallOptions {
  /** Whether to start unmuted. Default true. With false the microphone is opened at the first unmute. */
  readonly audio?: boolean | undefined;
  /** Whether to start with the camera. Default false. */
  readonly video?: boolean | undefined;
  /** Data for the other side. Default none. */
  readonly customData?: CustomData | undefined;
}

interface MutableMediaCallOptions {
  audio?: boolean;
  video?: boolean;
  customData?: CustomData;
}

/** Collects options one by one; every setter gives the builder back. */
export class MediaCallOptionsBuilder<Options extends MediaCallOptions> {
  readonly #fields: MutableMediaCallOptions = {};
  readonly #make: (fields: MediaCallOptions) => Options;

  /** @param make - builds the options out of the collected fields */
  constructor(make: (fields: MediaCallOptions) => Options) {
    this.#make = make;
  }

  /** Whether to start unmuted. */
  setAudio(audio: boolean): this {
    this.#fields.audio = audio;
    return this;
  }

  /** Whether to start with the camera. */
  setVideo(video: boolean): this {
    this.#fields.video = video;
    return this;
  }

  /** Data for the other side, at most 4 KiB as JSON. */
  setCustomData(customData: CustomData): this {
    this.#fields.customData = customData;
    return this;
  }

  /** The options collected so far. */
  build(): Options {
    return this.#make({ ...this.#fields });
  }
}

/** Options of a call between two, for calling as well as for accepting. */
export class WebrtcCallOptions implements MediaCallOptions {
  /** Whether to start unmuted. */
  readonly audio: boolean;
  /** Whether to start with the camera. */
  readonly video: boolean;
  /** Data for the other side; empty when there is none. */
  readonly customData: CustomData;

  /** Missing fields take their defaults. */
  constructor(fields: MediaCallOptions = {}) {
    this.audio = fields.audio ?? true;
    this.video = fields.video ?? false;
    this.customData = { ...fields.customData };
  }

  /** Begins to collect options. */
  static builder(): MediaCallOptionsBuilder<WebrtcCallOptions> {
    return new MediaCallOptionsBuilder((fields) => new WebrtcCallOptions(fields));
  }
}

/** Options of joining a room. */
export class RoomCallOptions implements MediaCallOptions {
  /** Whether to start unmuted. */
  readonly audio: boolean;
  /** Whether to start with the camera. */
  readonly video: boolean;
  /** Data for the other side; empty when there is none. */
  readonly customData: CustomData;

  /** Missing fields take their defaults. */
  constructor(fields: MediaCallOptions = {}) {
    this.audio = fields.audio ?? true;
    this.video = fields.video ?? false;
    this.customData = { ...fields.customData };
  }

  /** Begins to collect options. */
  static builder(): MediaCallOptionsBuilder<RoomCallOptions> {
    return new MediaCallOptionsBuilder((fields) => new RoomCallOptions(fields));
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
  constructor(readonly declineOnAllDevices: boolean = false) {}

  /** Begins to collect options. */
  static builder(): DeclineOptionsBuilder {
    return new DeclineOptionsBuilder();
  }
}
