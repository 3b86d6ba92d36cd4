import type { ApplicationCall, PhoneCall, RoomCall, ViberCall, WebrtcCall } from "./calls.js";
import type { DevicePermissions, MediaDevice } from "./devices.js";
import type { EchoTest, EchoTestOptions } from "./echo.js";
import type { User } from "./endpoint.js";
import type { EventSource, RtcEvents } from "./events.js";
import type {
  ApplicationCallWishes,
  PhoneCallWishes,
  RoomCallWishes,
  ViberCallWishes,
  WebrtcCallWishes,
} from "./options.js";

/**
 * Gets a token from the application's backend. It is asked at first, and again before the last token expires; what it is
 * rejected with counts as a failed attempt to connect.
 */
export type TokenProvider = () => Promise<string>;

/** Options of connecting. */
export interface ConnectOptions {
  /**
   * Gives the attempt up when it is aborted; the promise is rejected with the signal's reason. After `CONNECTED` it does
   * nothing.
   */
  readonly signal?: AbortSignal | undefined;
}

/** How to reach the platform. */
export interface RtcOptions {
  /**
   * Where the platform is, for example `"https://calls.example.com"`; `http`, `https`, `ws` and `wss` are understood.
   * Default: the origin of the page.
   */
  readonly url?: string | undefined;
  /** Whether to log what happens to the console; tokens are never logged. Default false: only what went wrong. */
  readonly debug?: boolean | undefined;
}

/** One user's connection to the platform. */
export interface RingbackRtc extends EventSource<RtcEvents> {
  /**
   * Opens the connection; `CONNECTED` follows. It may be left un-awaited. The promise is rejected with an
   * {@link RtcError}: `UNAUTHENTICATED` when the platform refuses the token, `NETWORK_ERROR` when it cannot be reached.
   * A connection that was open and got lost comes back by itself (`RECONNECTING`, `RECONNECTED`), and its calls go on
   * meanwhile. When the platform has given them up, because it took too long, rooms are joined again, and other calls end
   * with `NETWORK_ERROR`.
   */
  connect(options?: ConnectOptions): Promise<void>;
  /** Hangs up all calls and closes the connection; `DISCONNECTED` follows. */
  disconnect(): void;
  /** The user whom the token names, or null before the first `CONNECTED`. */
  connectedUser(): User | null;
  /**
   * Calls a user. The call is there at once; what becomes of it, even a failure, is told by its events. While the client
   * is still connecting, the call waits. Throws an {@link RtcError} of `INVALID_REQUEST` when an argument cannot be meant.
   */
  callWebrtc(identity: string, options?: WebrtcCallWishes): WebrtcCall;
  /** Calls a phone number in international form. This release's platform ends such calls with `FEATURE_UNAVAILABLE`. */
  callPhone(phoneNumber: string, options?: PhoneCallWishes): PhoneCall;
  /**
   * Calls a user of Viber. This release's platform ends such calls with `FEATURE_UNAVAILABLE`.
   *
   * @param from - the Viber number that the called sees
   */
  callViber(phoneNumber: string, from: string, options?: ViberCallWishes): ViberCall;
  /**
   * Calls an application of the account by its calls configuration. This release's platform ends such calls with
   * `FEATURE_UNAVAILABLE`.
   */
  callApplication(callsConfigurationId: string, options?: ApplicationCallWishes): ApplicationCall;
  /** Calls the platform's own contact centre; the same as {@link callApplication} with `CallsConfiguration.CONVERSATIONS`. */
  callConversations(options?: ApplicationCallWishes): ApplicationCall;
  /** Joins a room of this name, and opens it when nobody is there. What becomes of it is told by the call's events. */
  joinRoom(name: string, options?: RoomCallWishes): RoomCall;
  /**
   * Tests the way to the platform and back: a call in which this side hears and sees itself. Ringback's own.
   * What becomes of it is told by its events; while the client is still connecting, it waits.
   */
  startEchoTest(options?: EchoTestOptions): EchoTest;
  /** The microphones. They have names only once the user has allowed one of them; empty on pages without TLS. */
  getAudioInputDevices(): Promise<MediaDevice[]>;
  /** The loudspeakers and headphones, for {@link setAudioOutputDevice}. Some browsers do not tell them. */
  getAudioOutputDevices(): Promise<MediaDevice[]>;
  /** The cameras. */
  getVideoInputDevices(): Promise<MediaDevice[]>;
  /** The microphone for later calls, by its `deviceId`; when it is not there any more, another is taken. */
  setAudioInputDevice(deviceId: string): void;
  /** Forgets the microphone of this `deviceId`, or whichever was set: later calls take the default one. */
  unsetAudioInputDevice(deviceId?: string): void;
  /** The camera for later calls, by its `deviceId`; when it is not there any more, another is taken. */
  setVideoInputDevice(deviceId: string): void;
  /** Forgets the camera of this `deviceId`, or whichever was set: later calls take the default one. */
  unsetVideoInputDevice(deviceId?: string): void;
  /**
   * The loudspeaker of all calls, for the elements that `attach` plays in, now and later. When it is unplugged, the default
   * one goes on. Rejected with an {@link RtcError}: `FEATURE_UNAVAILABLE` where the browser cannot choose, `DEVICE_NOT_FOUND`
   * when there is no such one; then it stays as it was. Ringback's own.
   */
  setAudioOutputDevice(deviceId: string): Promise<void>;
  /** Plays on the default loudspeaker again. Ringback's own. */
  unsetAudioOutputDevice(): Promise<void>;
  /**
   * Whether microphone and camera may be opened, so that the page can explain itself before the browser asks its user.
   * To ask, open one: `RTCMediaDevice.getAudioMediaStream(null)`. Ringback's own.
   */
  devicePermissions(): Promise<DevicePermissions>;
}
