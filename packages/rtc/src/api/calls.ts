import type { DataChannel } from "./data-channel.js";
import type { AudioLevels } from "./devices.js";
import type { Endpoint } from "./endpoint.js";
import type { AudioQualityMode, CallStatus, CameraOrientation } from "./enums.js";
import type {
  AnsweredCallEvents,
  AnyCallEvents,
  ApplicationCallEvents,
  EventSource,
  PhoneCallEvents,
  RoomCallEvents,
  ViberCallEvents,
  WebrtcCallEvents,
} from "./events.js";
import type { AudioFilter, VideoFilter } from "./filters.js";
import type {
  ApplicationCallOptions,
  ApplicationCallWishes,
  CallOptions,
  CustomData,
  DeclineOptions,
  DisplayOptions,
  PhoneCallOptions,
  RoomCallOptions,
  ViberCallOptions,
  WatchOptions,
  WebrtcCallOptions,
  WebrtcCallWishes,
} from "./options.js";
import type { Participant } from "./participant.js";
import type { RecordingState } from "./recording.js";
import type { LocalCapturer, LocalWebrtcCapturer, ServerCapturer, ServerWebrtcCapturer } from "./screen-capture.js";
import type { VideoQuality } from "./video.js";

/** Ends what it was given back by. */
export type StopWatching = () => void;

/** What every kind of call can do. */
export interface AnyCall {
  /** The platform's id of this call, or an empty string until the platform has said it. */
  id(): string;
  /** Where the call stands. */
  status(): CallStatus;
  /** Whole seconds since the call was established, counted until its end; 0 before. */
  duration(): number;
  /** The data that the call was started with; for an incoming call, the caller's. */
  customData(): CustomData;
  /**
   * Mutes or unmutes the microphone. Sound stops at once; the promise is fulfilled when the platform knows.
   * It is rejected with an {@link RtcError} when the microphone cannot be opened or the call is over. Of several calls
   * in a row the last one wins.
   */
  mute(shouldMute: boolean): Promise<void>;
  /** Whether the microphone is muted, by the last wish. */
  muted(): boolean;
  /**
   * Takes another microphone for this call, while it goes on. Rejected with an {@link RtcError} when it cannot be
   * opened; then the one before goes on.
   */
  setAudioInputDevice(deviceId: string): Promise<void>;
  /** How much sound is sent. */
  audioQualityMode(): AudioQualityMode;
  /**
   * Sends so much sound from now on: `LOW_DATA` at most 16 kbit/s, `HIGH_QUALITY` up to 64, `AUTO` what the browser thinks fit,
   * which is about 32. Throws an {@link RtcError} of `INVALID_REQUEST` before an incoming call is accepted, and does nothing
   * after the end.
   */
  setAudioQualityMode(mode: AudioQualityMode): void;
  /**
   * Presses keys of a telephone: `0-9`, `*`, `#`, `A-D`. Fulfilled when they are on their way, which takes 170 ms each.
   * Rejected with an {@link RtcError}: `INVALID_REQUEST` for other characters, `FEATURE_UNAVAILABLE` where the platform
   * takes no keys; this release's never does.
   */
  sendDTMF(digits: string): Promise<void>;
  /**
   * Plays the sound of the others in an element, or another stream of this call: on the chosen loudspeaker, within the page
   * on phones, and not larger than it is shown ({@link MediaCall.watchDisplay}). Where the browser lets no page sound before a click,
   * `AUDIO_PLAYBACK_BLOCKED` tells, and it is tried again at the next one. It ends with the call, or when the function
   * that it gives back is called. Throws an {@link RtcError} of `INVALID_REQUEST` before an incoming call is accepted. Ringback's own.
   *
   * @param stream - default: the sound of all others
   */
  attach(element: HTMLMediaElement, stream?: MediaStream): StopWatching;
  /** How loud it is at this moment. Ringback's own. */
  audioLevels(): Promise<AudioLevels>;
  /** The filter of the microphone; this release has none. */
  audioFilter(): AudioFilter | undefined;
  /** Rejected with `FEATURE_UNAVAILABLE` in this release. */
  setAudioFilter(audioFilter: AudioFilter): Promise<void>;
  /** Without a filter there is nothing to do. */
  clearAudioFilter(): Promise<void>;
}

/** What a call that can have video can do. */
export interface MediaCall extends AnyCall {
  /**
   * Switches the camera on or off. The promise is fulfilled when it has happened and the platform knows. It is rejected
   * with an {@link RtcError} when the camera cannot be opened or the call is over. Of several calls in a row the last
   * one wins.
   */
  cameraVideo(enabled: boolean): Promise<void>;
  /** Whether the local camera is on. */
  hasCameraVideo(): boolean;
  /** The same as {@link startScreenShare} and {@link stopScreenShare}. */
  screenShare(enabled: boolean): Promise<void>;
  /**
   * Asks the user what to share and shares it, beside the camera. Call it in answer to a click: browsers ask for one.
   * The promise is fulfilled when the platform knows. It is rejected with an {@link RtcError}: `DEVICE_FORBIDDEN` when
   * the user refuses, `FORBIDDEN_DISPLAY_SURFACE` when the choice is not allowed, `DEVICE_UNAVAILABLE` where screens
   * cannot be shared. The user can end the share in the browser too; `SCREEN_SHARE_REMOVED` tells.
   */
  startScreenShare(options?: DisplayOptions): Promise<void>;
  /** Stops sharing the screen. */
  stopScreenShare(): Promise<void>;
  /** Whether this side shares its screen. */
  hasScreenShare(): boolean;
  /**
   * Takes another camera for this call, while it goes on; the stream of `CAMERA_VIDEO_ADDED` stays the same. Rejected
   * with an {@link RtcError} when it cannot be opened; then the one before goes on, if it can.
   */
  setVideoInputDevice(deviceId: string): Promise<void>;
  /** Where the camera looks that is on, or will be. */
  cameraOrientation(): CameraOrientation;
  /**
   * Takes the camera of a phone that looks this way; the stream of `CAMERA_VIDEO_ADDED` stays the same. Rejected with an
   * {@link RtcError} of a `DEVICE_…` code when there is none such, as on most computers; then the one before goes on.
   */
  setCameraOrientation(orientation: CameraOrientation): Promise<void>;
  /** How much video of the camera is sent at most. Ringback's own. */
  videoQuality(): VideoQuality;
  /**
   * Sends so much video of the camera from now on at most. Throws an {@link RtcError} of `INVALID_REQUEST` before an incoming
   * call is accepted, and does nothing after the end. Ringback's own.
   */
  setVideoQuality(quality: VideoQuality): void;
  /** Switches camera and screen off. */
  stopVideo(): Promise<void>;
  /**
   * Asks the platform for no more pictures, those of who comes later included, until {@link resumeIncomingVideo}; sound goes
   * on. Throws an {@link RtcError} of `INVALID_REQUEST` before an incoming call is accepted, and does nothing after the end.
   */
  pauseIncomingVideo(): void;
  /** Asks for all pictures again. */
  resumeIncomingVideo(): void;
  /**
   * Tells the platform how large a video of somebody else is shown: as large as this element is, now and whenever its size
   * changes. The platform sends no larger picture than that, and none while the element is hidden. Where several elements
   * show a video, the largest counts; a video of which this was never said comes as large as the line carries. Call the
   * function that it gives back when the element goes. Ringback's own.
   *
   * @param stream - the video, as its event has brought it
   */
  watchDisplay(stream: MediaStream, element: Element, options?: WatchOptions): StopWatching;
  /** The texts of this call, or undefined unless it was started, accepted or joined with `dataChannel: true`. */
  dataChannel(): DataChannel | undefined;
  /** The filter of the camera; this release has none. */
  videoFilter(): VideoFilter | undefined;
  /** Rejected with `FEATURE_UNAVAILABLE` in this release. */
  setVideoFilter(videoFilter: VideoFilter): Promise<void>;
  /** Without a filter there is nothing to do. */
  clearVideoFilter(): Promise<void>;
}

/** A call that is answered and hung up. */
export interface AnsweredCall {
  /** When the call was started or came in. */
  startTime(): Date;
  /** When it was established, or null. */
  establishTime(): Date | null;
  /** When it ended, or null. */
  endTime(): Date | null;
  /**
   * Ends the call. `HANGUP` follows exactly once, within two seconds even when the platform does not answer. Before an
   * incoming call is accepted this declines it. After the end it does nothing.
   */
  hangup(): void;
}

/** A call from one endpoint to another. */
export interface Call<Events extends AnyCallEvents & AnsweredCallEvents = AnyCallEvents & AnsweredCallEvents>
  extends AnyCall,
    AnsweredCall,
    EventSource<Events> {
  /** The options in force, defaults filled in. */
  options(): CallOptions;
  /** Who calls. For an outgoing call its identifier is empty until the client is connected. */
  source(): Endpoint;
  /** Who is called. */
  destination(): Endpoint;
  /** The other side, whoever called. */
  counterpart(): Endpoint;
}

/** A call to a phone. */
export interface PhoneCall extends Call<PhoneCallEvents> {
  /** The options in force, defaults filled in. */
  options(): PhoneCallOptions;
}

/** A call to a user of Viber. */
export interface ViberCall extends Call<ViberCallEvents> {
  /** The options in force, defaults filled in. */
  options(): ViberCallOptions;
}

/** A call between two users. */
export interface WebrtcCall extends Call<WebrtcCallEvents>, MediaCall {
  /** The options in force, defaults filled in. */
  options(): WebrtcCallOptions;
  /** Whether the other side's camera can be seen. */
  hasRemoteCameraVideo(): boolean;
  /** Whether the other side's screen can be seen. */
  hasRemoteScreenShare(): boolean;
  /** Takes pictures of the call in this browser. */
  localCapturer(): LocalWebrtcCapturer;
  /** Lets the platform store pictures of the call. */
  serverCapturer(): ServerWebrtcCapturer;
}

/** The options of an incoming call: a method, and the same values as fields (`options.video` says whether the caller has its camera on). */
export type IncomingCallOptions = (() => WebrtcCallOptions) & Readonly<WebrtcCallOptions>;

/** A call that rings here. */
export interface IncomingWebrtcCall extends WebrtcCall {
  /** Before the answer what the caller offers, after it the options of the answer. */
  readonly options: IncomingCallOptions;
  /** Answers; `ESTABLISHED` follows. Does nothing when the call does not ring any more. */
  accept(options?: WebrtcCallWishes): void;
  /** Refuses; `HANGUP` follows. Does nothing when the call does not ring any more. */
  decline(options?: Partial<DeclineOptions>): void;
}

/** A call with several others in it. */
export interface GroupCall extends MediaCall {
  /** Everybody else who takes part now, in the order they entered. */
  participants(): readonly Participant[];
  /** Takes pictures of the call in this browser. */
  localCapturer(): LocalCapturer;
  /** Lets the platform store pictures of the call. */
  serverCapturer(): ServerCapturer;
}

/** A call to or from an application, which joins it with others as it likes. */
export interface ApplicationCall extends GroupCall, AnsweredCall, EventSource<ApplicationCallEvents> {
  /** The options in force, defaults filled in. */
  options(): ApplicationCallOptions;
  /** The configuration by which the application is found. */
  callsConfigurationId(): string;
  /** What is recorded at the moment. */
  recordingState(): RecordingState;
  /**
   * Older applications gave the options to call again with. A call is not made again here: it comes back by itself, and the
   * handler is not asked.
   *
   * @deprecated Use the option `autoReconnect`.
   */
  setReconnectHandler(handler: () => unknown): void;
}

/** A call that an application makes to this side; in this release none does. */
export interface IncomingApplicationCall extends ApplicationCall {
  /** The number or the name that the application calls from. */
  from(): string;
  /** A name for people, or null. */
  fromDisplayName(): string | null;
  /** Answers; `ESTABLISHED` follows. */
  accept(options?: ApplicationCallWishes): void;
  /** Refuses; `HANGUP` follows. */
  decline(options?: Partial<DeclineOptions>): void;
}

/** This side's presence in a room. */
export interface RoomCall extends GroupCall, EventSource<RoomCallEvents> {
  /** The options in force, defaults filled in. */
  options(): RoomCallOptions;
  /** The room's name. */
  name(): string;
  /** When the room was joined, or null. */
  joinTime(): Date | null;
  /** When the room was left, or null. */
  leaveTime(): Date | null;
  /** Leaves. `ROOM_LEFT` follows exactly once, within two seconds even when the platform does not answer. */
  leave(): void;
}
