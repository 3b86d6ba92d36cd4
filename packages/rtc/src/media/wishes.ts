import { AudioQualityMode, CameraOrientation } from "../api/enums.js";
import type { AudioWishes, VideoWishes } from "../api/media-options.js";
import { VideoCodec, VideoQuality } from "../api/video.js";

/** Pictures per second of the camera: below the first a face does not move, above the second nobody sees a difference. */
const CAMERA_FRAME_RATES = { least: 5, most: 30, usual: 30 };
/** Pictures per second of the screen: text hardly moves; films do, and cost the processor as much as a second camera. */
const SCREEN_FRAME_RATES = { least: 1, most: 30, usual: 15 };

/** Which devices to open, by the browser's ids; null is the default one. */
export interface PreferredDevices {
  readonly microphone: string | null;
  readonly camera: string | null;
}

/** How devices are opened. */
export interface DeviceWishes extends PreferredDevices {
  /** Which camera when none is named; null is any. */
  readonly cameraOrientation: CameraOrientation | null;
  /** Pictures per second. */
  readonly cameraFrameRate: number;
}

/** Any microphone, any camera. */
export const NO_WISHES: DeviceWishes = {
  microphone: null,
  camera: null,
  cameraOrientation: null,
  cameraFrameRate: CAMERA_FRAME_RATES.usual,
};

/** How devices are opened, and how what they give is sent. */
export interface MediaWishes extends DeviceWishes {
  readonly cameraOrientation: CameraOrientation;
  /** Pictures per second. */
  readonly screenFrameRate: number;
  readonly audioQuality: AudioQualityMode;
  readonly videoQuality: VideoQuality;
  readonly videoCodec: VideoCodec;
  readonly detectTalkingWhileMuted: boolean;
}

/** The options of a call, as far as they concern media. */
export interface MediaOptions {
  readonly audioOptions?: AudioWishes | undefined;
  readonly videoOptions?: VideoWishes | undefined;
}

/** What an application wishes of media by the options of a call, on the devices that it has chosen for all calls. */
export function mediaWishes(
  { audioOptions: audio = {}, videoOptions: video = {} }: MediaOptions,
  devices: PreferredDevices,
): MediaWishes {
  return {
    microphone: devices.microphone,
    camera: video.deviceId ?? devices.camera,
    cameraOrientation: video.cameraOrientation ?? CameraOrientation.FRONT,
    cameraFrameRate: within(CAMERA_FRAME_RATES, video.cameraVideoFrameRate),
    screenFrameRate: within(SCREEN_FRAME_RATES, video.screenShareFrameRate),
    audioQuality: audio.audioQualityMode ?? AudioQualityMode.AUTO,
    videoQuality: video.videoQuality ?? VideoQuality.HIGH,
    videoCodec: video.videoCodec ?? VideoCodec.VP8,
    detectTalkingWhileMuted: audio.detectTalkingWhileMuted ?? false,
  };
}

function within({ least, most, usual }: typeof CAMERA_FRAME_RATES, wish = usual): number {
  return Number.isFinite(wish) ? Math.min(Math.max(wish, least), most) : usual;
}
