/** Changes the sound of the microphone before it is sent. */
export interface AudioFilter {
  /** Gives the track that is sent instead of this one. */
  start(track: MediaStreamTrack): Promise<MediaStreamTrack>;
  /** The track is not sent any more. */
  stop(): void;
}

/** One picture on its way through a filter. */
export type RTCVideoFrame = VideoFrame | ImageBitmap;

/** What a filter can ask about the video that it changes. */
export interface VideoFilterManager {
  /** Pictures per second that come out now. */
  getCurrentFramerate(): number;
  /** The filter that is in force, if there is one. */
  getVideoFilter(): VideoFilter | undefined;
  /** How many pictures per second shall come out. */
  configureFramerate(framesPerSecond: number): void;
}

/** Changes the pictures of the camera before they are sent. */
export interface VideoFilter {
  /** Gives the track that is sent instead of the camera's. */
  start(width: number, height: number, sourceFps: number, manager: VideoFilterManager): Promise<MediaStreamTrack>;
  /** The camera is not sent any more. */
  stop(): void;
  /** One picture has come from the camera. */
  applyFilter(frame: RTCVideoFrame): void;
}
