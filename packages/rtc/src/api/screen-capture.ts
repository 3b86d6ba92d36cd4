import type { FileFormat, VideoType } from "./enums.js";

/** A picture that the platform has stored. */
export interface FileResponse {
  /** For the files API. */
  readonly id: string;
  /** What it is called. */
  readonly name: string;
  /** What it is. */
  readonly fileFormat: FileFormat;
  /** In bytes. */
  readonly size: number;
  /** When it was taken. */
  readonly creationTime: Date;
}

/** Takes pictures of a call between two. This release rejects with `FEATURE_UNAVAILABLE`. */
export interface WebrtcCapturer<Picture> {
  /** A picture of what this side sends. */
  takeLocalScreenshot(videoType: VideoType): Promise<Picture>;
  /** A picture of what the other side sends. */
  takeRemoteScreenshot(videoType: VideoType): Promise<Picture>;
}

/** Takes pictures of a conversation of several. This release rejects with `FEATURE_UNAVAILABLE`. */
export interface Capturer<Picture> {
  /** A picture of what the participant of this identity sends. */
  takeScreenshot(identity: string, videoType: VideoType): Promise<Picture>;
}

/** Takes pictures in this browser. */
export type LocalWebrtcCapturer = WebrtcCapturer<string>;
/** Lets the platform store pictures. */
export type ServerWebrtcCapturer = WebrtcCapturer<FileResponse>;
/** Takes pictures in this browser. */
export type LocalCapturer = Capturer<string>;
/** Lets the platform store pictures. */
export type ServerCapturer = Capturer<FileResponse>;
