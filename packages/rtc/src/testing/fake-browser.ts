/** A microphone's, a camera's or a slot's track without a browser. */
export class FakeTrack extends EventTarget {
  enabled = true;
  stopped = false;
  contentHint = "";
  /** What `getSettings` tells. */
  settings: MediaTrackSettings;

  /** @param settings - what `getSettings` tells besides the size of a small picture */
  constructor(
    readonly kind: string,
    settings: MediaTrackSettings = {},
  ) {
    super();
    this.settings = { width: 640, height: 360, ...settings };
  }

  stop(): void {
    this.stopped = true;
  }

  clone(): FakeTrack {
    const clone = new FakeTrack(this.kind, this.settings);
    clone.enabled = this.enabled;
    return clone;
  }

  getSettings(): MediaTrackSettings {
    return this.settings;
  }

  /** Its plug is pulled. */
  end(): void {
    this.stopped = true;
    this.dispatchEvent(new Event("ended"));
  }
}

/** A stream that holds its tracks, and plays nothing. */
export class FakeStream {
  #tracks: FakeTrack[];

  /** @param id - what it can be told from others by */
  constructor(
    tracks: readonly FakeTrack[] = [],
    readonly id = "",
  ) {
    this.#tracks = [...tracks];
  }

  getTracks(): FakeTrack[] {
    return [...this.#tracks];
  }

  getAudioTracks(): FakeTrack[] {
    return this.#tracks.filter(({ kind }) => kind === "audio");
  }

  getVideoTracks(): FakeTrack[] {
    return this.#tracks.filter(({ kind }) => kind === "video");
  }

  addTrack(track: FakeTrack): void {
    this.#tracks.push(track);
  }

  removeTrack(track: FakeTrack): void {
    this.#tracks = this.#tracks.filter((other) => other !== track);
  }
}

/** What sends a track; its parameters must be got just before they are set, as in browsers. */
export class FakeSender {
  track: FakeTrack | null = null;
  encodings: RTCRtpEncodingParameters[];
  /** Tones of a telephone; null where there is no such thing. */
  dtmf: { canInsertDTMF: boolean; toneBuffer: string; insertDTMF(tones: string): void } | null = null;
  #got: object | null = null;

  constructor(encodings: readonly RTCRtpEncodingParameters[]) {
    this.encodings = [...encodings];
  }

  async replaceTrack(track: FakeTrack | null): Promise<void> {
    this.track = track;
  }

  getParameters(): { encodings: RTCRtpEncodingParameters[] } {
    const parameters = { encodings: this.encodings.map((encoding) => ({ ...encoding })) };
    this.#got = parameters;
    return parameters;
  }

  async setParameters(parameters: { encodings: RTCRtpEncodingParameters[] }): Promise<void> {
    if (parameters !== this.#got) throw new DOMException("These parameters were not got", "InvalidStateError");
    this.#got = null;
    this.encodings = parameters.encodings;
  }
}

/** One m-line of a fake connection. */
export class FakeTransceiver {
  /** The MIME types that were preferred, in order. */
  codecs: string[] = [];
  mid: string | null = null;
  readonly receiver: { readonly track: FakeTrack };
  readonly sender: FakeSender;
  #extensions = [
    { uri: "urn:ietf:params:rtp-hdrext:sdes:mid", direction: "sendrecv" },
    { uri: "urn:ietf:params:rtp-hdrext:toffset", direction: "sendrecv" },
    { uri: "urn:3gpp:video-orientation", direction: "stopped" },
  ];

  constructor(
    readonly kind: string,
    readonly direction: string,
    encodings: readonly RTCRtpEncodingParameters[],
  ) {
    this.receiver = { track: new FakeTrack(kind) };
    this.sender = new FakeSender(encodings);
  }

  getHeaderExtensionsToNegotiate(): readonly { uri: string; direction: string }[] {
    return this.#extensions;
  }

  setHeaderExtensionsToNegotiate(extensions: { uri: string; direction: string }[]): void {
    this.#extensions = extensions;
  }

  setCodecPreferences(codecs: readonly { mimeType: string }[]): void {
    this.codecs = codecs.map(({ mimeType }) => mimeType);
  }
}

/** An RTCPeerConnection that talks to nobody: a test says what becomes of it. */
export class FakePeerConnection extends EventTarget {
  readonly transceivers: FakeTransceiver[] = [];
  connectionState: RTCPeerConnectionState = "new";
  localDescription: RTCSessionDescriptionInit | null = null;
  remoteDescription: RTCSessionDescriptionInit | null = null;
  closed = false;
  readonly #browser: FakeBrowser;
  #configuration: RTCConfiguration;

  constructor(browser: FakeBrowser, configuration: RTCConfiguration) {
    super();
    this.#browser = browser;
    this.#configuration = configuration;
  }

  /** The connection comes into this state, and says so. */
  becomes(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    this.dispatchEvent(new Event("connectionstatechange"));
  }

  /** One m-line; an error if there is none such. */
  at(index: number): FakeTransceiver {
    const transceiver = this.transceivers[index];
    if (transceiver === undefined) throw new Error(`There is no transceiver ${index}`);
    return transceiver;
  }

  getConfiguration(): RTCConfiguration {
    return this.#configuration;
  }

  setConfiguration(configuration: RTCConfiguration): void {
    this.#configuration = configuration;
  }

  addTransceiver(kind: string, { direction = "sendrecv", sendEncodings }: RTCRtpTransceiverInit): FakeTransceiver {
    if (sendEncodings !== undefined && !this.#browser.knowsLayers) throw new TypeError("There are no such encodings");
    const transceiver = new FakeTransceiver(kind, direction, sendEncodings ?? [{}]);
    this.transceivers.push(transceiver);
    return transceiver;
  }

  async createOffer({ iceRestart = false }: RTCOfferOptions = {}): Promise<RTCSessionDescriptionInit> {
    for (const [index, transceiver] of this.transceivers.entries()) transceiver.mid = String(index);
    return { type: "offer", sdp: `offer ${iceRestart}` };
  }

  async setLocalDescription(description: RTCSessionDescriptionInit): Promise<void> {
    this.localDescription = description;
  }

  async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
    this.remoteDescription = description;
  }

  async getStats(): Promise<ReadonlyMap<string, object>> {
    return new Map();
  }

  close(): void {
    this.closed = true;
  }
}

/** What a page asks of `getUserMedia`. */
export interface FakeConstraints {
  readonly audio?: unknown;
  readonly video?: unknown;
}

/** As much of a browser as calls need: devices and peer connections. Opens whatever it is asked for, unless told otherwise. */
export class FakeBrowser {
  /** The connections that were made, in order. */
  readonly connections: FakePeerConnection[] = [];
  /** Whether a camera can be sent in several layers. */
  knowsLayers = true;
  /** The codecs that it knows, without their kind. */
  codecs: readonly string[] = ["PCMA", "telephone-event", "opus", "red", "VP8", "rtx", "VP9"];
  /** The devices that it lists. */
  devices: readonly Partial<MediaDeviceInfo>[] = [{ kind: "audioinput" }, { kind: "videoinput" }];
  /** Opens microphone and camera. */
  getUserMedia = async ({ audio, video }: FakeConstraints): Promise<FakeStream> =>
    new FakeStream([...(audio ? [new FakeTrack("audio")] : []), ...(video ? [new FakeTrack("video")] : [])]);
  /** Opens the screen. */
  getDisplayMedia = async (_: object): Promise<FakeStream> => new FakeStream([new FakeTrack("video")]);

  /** Takes the place of the real browser, until the function that it gives back is called. */
  install(): () => void {
    const browser = this;
    const mediaDevices = Object.assign(new EventTarget(), {
      getUserMedia: (constraints: FakeConstraints) => browser.getUserMedia(constraints),
      getDisplayMedia: (options: object) => browser.getDisplayMedia(options),
      enumerateDevices: async () => browser.devices,
    });
    const globals: Record<string, unknown> = {
      RTCPeerConnection: class extends FakePeerConnection {
        constructor(configuration: RTCConfiguration = {}) {
          super(browser, configuration);
          browser.connections.push(this);
        }
      },
      RTCRtpReceiver: {
        getCapabilities: (kind: string) => ({
          codecs: browser.codecs.map((name) => ({ mimeType: `${kind}/${name}` })),
        }),
      },
      MediaStream: FakeStream,
      navigator: { mediaDevices },
    };
    const before = Object.keys(globals).map(
      (name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const,
    );
    for (const [name, value] of Object.entries(globals)) {
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    }
    return () => {
      for (const [name, descriptor] of before) {
        if (descriptor === undefined) Reflect.deleteProperty(globalThis, name);
        else Object.defineProperty(globalThis, name, descriptor);
      }
    };
  }
}
