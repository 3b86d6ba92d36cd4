/** A microphone, a loudspeaker or a camera. */
export class MediaDevice {
  /**
   * @param deviceId - what the browser knows it by, on this site; empty before the user has allowed a device
   * @param groupId - the same for devices of one piece of hardware, such as both ends of a headset
   * @param kind - what it is
   * @param label - what people call it; empty before the user has allowed a device
   */
  constructor(
    readonly deviceId: string,
    readonly groupId: string,
    readonly kind: MediaDeviceKind,
    readonly label: string,
  ) {}
}

/** All devices, after one was plugged in or pulled out. */
export interface DevicesChangedEvent {
  /** The microphones. */
  readonly audioInputs: readonly MediaDevice[];
  /** The loudspeakers and headphones; empty in browsers that do not tell them. */
  readonly audioOutputs: readonly MediaDevice[];
  /** The cameras. */
  readonly videoInputs: readonly MediaDevice[];
}

/**
 * Whether the page may open a device: it may; it may not, until the user changes that in the browser's settings of the
 * site; the user will be asked; or the browser does not say, and the way to know is to open it.
 */
export type DevicePermission = "granted" | "denied" | "prompt" | "unknown";

/** What the page may open. */
export interface DevicePermissions {
  /** The microphone. */
  readonly microphone: DevicePermission;
  /** The camera. */
  readonly camera: DevicePermission;
}

/** How loud it is at one moment, from 0 (silence) to 1. */
export interface AudioLevels {
  /** What the microphone hears; 0 while it is muted, null where the browser does not tell. */
  readonly microphone: number | null;
  /**
   * The others, by the `callId` of the participant. In conversations of more than four it is empty, because the three
   * voices that are heard change their owners all the time: there `ACTIVE_SPEAKERS_CHANGED` tells who speaks.
   */
  readonly participants: ReadonlyMap<string, number>;
}

/** The browser lets the page make no sound before a click. At the next click it is tried again. */
export interface AudioPlaybackBlockedEvent {
  /**
   * Tries to play now: call it when the user clicks on what you show for that. Rejected with an {@link RtcError} of
   * `DEVICE_FORBIDDEN` when the browser still refuses.
   */
  readonly resume: () => Promise<void>;
}
