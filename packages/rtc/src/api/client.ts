import type { RoomCall, WebrtcCall } from "./calls.js";
import type { EchoTest, EchoTestOptions } from "./echo.js";
import type { User } from "./endpoint.js";
import type { EventSource, RtcEvents } from "./events.js";
import type { MediaCallOptions } from "./options.js";

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
   * meanwhile. When the platform has given them up, because it took too long, they end with `NETWORK_ERROR`.
   */
  connect(): Promise<void>;
  /** Hangs up all calls and closes the connection; `DISCONNECTED` follows. */
  disconnect(): void;
  /** The user whom the token names, or null before the first `CONNECTED`. */
  connectedUser(): User | null;
  /**
   * Calls a user. The call is there at once; what becomes of it, even a failure, is told by its events. While the client
   * is still connecting, the call waits.
   */
  callWebrtc(identity: string, options?: MediaCallOptions): WebrtcCall;
  /** Joins a room of this name, and opens it when nobody is there. What becomes of it is told by the call's events. */
  joinRoom(name: string, options?: MediaCallOptions): RoomCall;
  /**
   * Tests the way to the platform and back: a call in which this side hears and sees itself. Ringback's own.
   * What becomes of it is told by its events; while the client is still connecting, it waits.
   */
  startEchoTest(options?: EchoTestOptions): EchoTest;
  /** The microphones. They have names only once the user has allowed one of them; empty on pages without TLS. */
  getAudioInputDevices(): Promise<MediaDeviceInfo[]>;
  /** The loudspeakers and headphones, for `setSinkId` of an audio element. Some browsers do not tell them. */
  getAudioOutputDevices(): Promise<MediaDeviceInfo[]>;
  /** The cameras. */
  getVideoInputDevices(): Promise<MediaDeviceInfo[]>;
  /** The microphone for later calls, by its `deviceId`; when it is not there any more, another is taken. */
  setAudioInputDevice(deviceId: string): void;
  /** Forgets the microphone of this `deviceId`, or whichever was set: later calls take the default one. */
  unsetAudioInputDevice(deviceId?: string): void;
  /** The camera for later calls, by its `deviceId`; when it is not there any more, another is taken. */
  setVideoInputDevice(deviceId: string): void;
  /** Forgets the camera of this `deviceId`, or whichever was set: later calls take the default one. */
  unsetVideoInputDevice(deviceId?: string): void;
}
