import type { TotalMediaStats } from "../api/stats.js";

/** How many others can be heard at once. */
export const AUDIO_SLOTS = 3;
/** How many others can be seen at once. */
export const VIDEO_SLOTS = 4;

/** What this side sends. */
export interface LocalMedia {
  /** Not muted. */
  readonly microphone: boolean;
  readonly camera: boolean;
}

/**
 * The port to one media connection: devices, offers, and what comes in by slot. It belongs to one call and lives as long.
 * Everything that opens a device is rejected with an `RtcError` of `DEVICE_FORBIDDEN`, `DEVICE_NOT_FOUND` or
 * `DEVICE_UNAVAILABLE`.
 */
export interface MediaHandler {
  /** Opens what is wanted with one question to the user; gives the camera's stream, or null without a camera. */
  open(wanted: LocalMedia): Promise<MediaStream | null>;
  /** Lets sound out or not, at once. Opens the microphone when it was never open; a muted microphone stays open. */
  setMicrophone(on: boolean): Promise<void>;
  /** Switches the camera; gives its stream, or null when it is off. Not called again before it is done. */
  setCamera(on: boolean): Promise<MediaStream | null>;
  /** The next offer, with new ICE credentials after a lost connection. */
  createOffer(restart: boolean): Promise<string>;
  acceptAnswer(sdp: string): Promise<void>;
  /** The sound of all audio slots; always the same stream. */
  remoteAudio(): MediaStream;
  /** Shows a participant from a video slot (0 … `VIDEO_SLOTS` - 1); the stream stays the same when the slot changes. */
  showVideo(participantId: string, slot: number): MediaStream;
  hideVideo(participantId: string): void;
  /** Stops the devices at once, closes the connection and gives what it measured. Called once. */
  close(): Promise<TotalMediaStats>;
}

/** Makes the media connection of a call; `connectionFailed` is called whenever the network path is lost. */
export type CreateMedia = (connectionFailed: () => void) => MediaHandler;
