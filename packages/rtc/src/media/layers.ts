import { VideoQuality } from "../api/video.js";

/** What a simulcast layer of the camera is called in the offer, from the smallest up. */
export const CAMERA_LAYERS = ["l", "m", "h"] as const;

/** One layer as the browser is told to send it. */
export interface Layer {
  readonly active: boolean;
  readonly scaleResolutionDownBy: number;
  /** In bits per second. */
  readonly maxBitrate: number;
  /** In pictures per second. */
  readonly maxFramerate: number;
}

/** A picture needs so many lines for each further layer to be worth its bits; smaller ones are seldom shown. */
const LINES_FOR_LAYERS = [0, 270, 540];

/** Up to so many lines a picture moves well with so many bits per second. More would be spent on what nobody sees. */
const BITRATES: readonly (readonly [lines: number, bitsPerSecond: number])[] = [
  [180, 150_000],
  [360, 500_000],
  [540, 900_000],
  [720, 1_700_000],
];
const LARGEST_BITRATE = 3_000_000;

/** A limit for all layers of a camera together. */
interface Limit {
  readonly lines: number;
  readonly bitsPerSecond: number;
  readonly picturesPerSecond: number;
}

/**
 * Fewer bits are spent on fewer and smaller pictures, until each looks acceptable: a blurred face tells less than a small
 * one. `HIGH` has no limit but those of its layers, 2350 kbit/s at 720 lines.
 */
const LIMITS: Readonly<Record<VideoQuality, Limit>> = {
  [VideoQuality.LOWEST]: { lines: 180, bitsPerSecond: 50_000, picturesPerSecond: 8 },
  [VideoQuality.LOW]: { lines: 240, bitsPerSecond: 180_000, picturesPerSecond: 15 },
  [VideoQuality.MEDIUM]: { lines: 360, bitsPerSecond: 600_000, picturesPerSecond: 30 },
  [VideoQuality.HIGH]: {
    lines: Number.POSITIVE_INFINITY,
    bitsPerSecond: Number.POSITIVE_INFINITY,
    picturesPerSecond: 30,
  },
};

/**
 * The layers of a camera, from the smallest up; each has half the lines of the next one.
 *
 * @param negotiated - how many the connection can send
 * @param wanted - how many somebody needs, from the smallest up
 * @param lines - of the picture, or undefined while it is not known
 * @param quality - how much the application wishes to send at most
 */
export function cameraLayers(
  negotiated: number,
  wanted: number,
  lines: number | undefined,
  quality: VideoQuality = VideoQuality.HIGH,
): Layer[] {
  const limit = LIMITS[quality];
  const largest = Math.min(lines ?? Number.POSITIVE_INFINITY, limit.lines);
  const count = Math.min(negotiated, LINES_FOR_LAYERS.filter((least) => largest >= least).length);
  // A picture of which the size is not known yet is taken for one of 720 lines.
  const shrunk = (lines ?? 720) / Math.min(lines ?? 720, limit.lines);
  let left = limit.bitsPerSecond;
  return Array.from({ length: negotiated }, (_, layer) => {
    const scaleResolutionDownBy = shrunk * 2 ** Math.max(count - 1 - layer, 0);
    const shown = (lines ?? 720) / scaleResolutionDownBy;
    const maxBitrate = Math.min(BITRATES.find(([most]) => shown <= most)?.[1] ?? LARGEST_BITRATE, left);
    const exists = layer < count;
    if (exists) left -= maxBitrate;
    return {
      active: exists && layer < wanted,
      scaleResolutionDownBy,
      // One that is never sent has a limit all the same; 0 is none.
      maxBitrate: exists ? maxBitrate : LARGEST_BITRATE,
      maxFramerate: limit.picturesPerSecond,
    };
  });
}
