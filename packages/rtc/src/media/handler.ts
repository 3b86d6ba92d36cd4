import type { AudioQualityMode, CameraOrientation } from "../api/enums.js";
import type { ErrorCode } from "../api/error-code.js";
import type { DisplayOptions } from "../api/options.js";
import type { TotalMediaStats } from "../api/stats.js";
import type { VideoQuality } from "../api/video.js";
import type { StatsEntry } from "./stats-entry.js";
import type { MediaWishes } from "./wishes.js";

/** How many others can be heard at once. */
export const AUDIO_SLOTS = 3;
/** How many others can be seen at first. */
export const FIRST_VIDEO_SLOTS = 4;

/** What this side sends from the beginning. */
export interface LocalMedia {
  /** Not muted. */
  readonly microphone: boolean;
  readonly camera: boolean;
}

/** What this side sends. */
export interface SentMedia extends LocalMedia {
  readonly screen: boolean;
}

/** How many layers of what this side sends somebody needs. */
export interface WantedLayers {
  readonly camera: number;
  readonly screen: number;
}

/** Nobody has said yet that fewer are needed. */
export const ALL_LAYERS: WantedLayers = { camera: Number.POSITIVE_INFINITY, screen: Number.POSITIVE_INFINITY };

/** Another camera: this one, or the one that looks this way. */
export type CameraChoice = { readonly deviceId: string } | { readonly orientation: CameraOrientation };

/** How loud it is, from 0 (silence) to 1; null where the browser does not tell. */
export interface Levels {
  readonly microphone: number | null;
  /** By audio slot. */
  readonly slots: readonly (number | null)[];
}

/**
 * The port to one media connection: devices, offers, and what comes in by slot. It belongs to one call and lives as long.
 * Everything that opens a device is rejected with an `RtcError` of `DEVICE_FORBIDDEN`, `DEVICE_NOT_FOUND` or
 * `DEVICE_UNAVAILABLE`; what opens the screen, also of `FORBIDDEN_DISPLAY_SURFACE`.
 */
export interface MediaHandler {
  /** Opens what is wanted with one question to the user; gives the camera's stream, or null without a camera. */
  open(wanted: LocalMedia): Promise<MediaStream | null>;
  /** Lets sound out or not, at once. Opens the microphone when it was never open; a muted microphone stays open. */
  setMicrophone(on: boolean): Promise<void>;
  /** Switches the camera; gives its stream, or null when it is off. Not called again before it is done. */
  setCamera(on: boolean): Promise<MediaStream | null>;
  /** Asks the user for a screen and sends it, or stops; gives its stream, or null. Not called again before it is done. */
  setScreen(on: DisplayOptions | null): Promise<MediaStream | null>;
  /** Takes another microphone, now if one is open. When it cannot be opened, the one before goes on. */
  useMicrophone(deviceId: string): Promise<void>;
  /** Takes another camera, now if one is on; its stream stays the same. When it cannot be opened, the one before goes on. */
  useCamera(choice: CameraChoice): Promise<void>;
  /** How it is sent now; of the camera that is on, where it looks. */
  wishes(): MediaWishes;
  /** Spends so much on sound from now on. */
  setAudioQuality(mode: AudioQualityMode): void;
  /** Spends so much on the camera's pictures from now on. */
  setVideoQuality(quality: VideoQuality): void;
  /** Sends these tones of a telephone (RFC 4733) after those that still wait; throws `FEATURE_UNAVAILABLE` if it cannot. */
  sendTones(digits: string): void;
  /**
   * Makes a new connection in the place of the present one, whose other side is gone. Devices stay open, and all streams
   * are the same ones as before; the next offer is the new connection's first.
   */
  reconnect(): Promise<void>;
  /** The next offer, with new ICE credentials after a lost path. */
  createOffer(restart: boolean): Promise<string>;
  acceptAnswer(sdp: string): Promise<void>;
  /** The sound of all audio slots; always the same stream. */
  remoteAudio(): MediaStream;
  /** Has at least so many video slots from now on; true when they are to be offered. They are never taken back. */
  addVideoSlots(count: number): boolean;
  /** Sends no more simulcast layers than somebody needs, from the smallest up; with 0 the device stays on. */
  sendLayers(wanted: WantedLayers): void;
  /** Shows a video from a video slot that was added, also before it is offered; its stream stays the same when the slot changes. */
  showVideo(videoId: string, slot: number): MediaStream;
  hideVideo(videoId: string): void;
  /** What the connection measures now; empty when the browser does not say. */
  stats(): Promise<readonly StatsEntry[]>;
  /** How loud it is now. */
  levels(): Promise<Levels>;
  /** Stops the devices at once, closes the connection and gives what it measured. Called once. */
  close(): Promise<TotalMediaStats>;
}

/** What a media connection tells, until it is closed. */
export interface MediaListener {
  /** The network path is lost, or nothing arrives over it any more. */
  pathLost(): void;
  /** Packets arrive. Said again and again while they do. */
  mediaFlows(): void;
  /** The camera is gone: somebody pulled its plug. */
  cameraLost(): void;
  /** The microphone is gone, and no other could be opened. */
  microphoneLost(cause: ErrorCode): void;
  /** The user has ended the screen share with the browser's own button, or closed the window. */
  screenEnded(): void;
  /** The user speaks and is muted; told once until there is quiet. */
  talkingWhileMuted(): void;
}

/** The TURN servers to use now; waits until the platform has named them, and is never rejected. */
export type IceServers = () => Promise<RTCIceServer[]>;

/** Makes the media connection of a call. */
export type CreateMedia = (listener: MediaListener, wishes: MediaWishes, iceServers: IceServers) => MediaHandler;
