/** What a simulcast layer of the camera is called in the offer, from the smallest up. */
export const CAMERA_LAYERS = ["l", "m", "h"] as const;

/** One layer as the browser is told to send it. */
export interface Layer {
  readonly active: boolean;
  readonly scaleResolutionDownBy: number;
  /** In bits per second. */
  readonly maxBitrate: number;
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

/**
 * The layers of a camera, from the smallest up; each has half the lines of the next one.
 *
 * @param negotiated - how many the connection can send
 * @param wanted - how many somebody needs, from the smallest up
 * @param lines - of the picture, or undefined while it is not known
 */
export function cameraLayers(negotiated: number, wanted: number, lines: number | undefined): Layer[] {
  const worthwhile = LINES_FOR_LAYERS.filter((least) => (lines ?? Number.POSITIVE_INFINITY) >= least).length;
  const count = Math.min(negotiated, worthwhile);
  return Array.from({ length: negotiated }, (_, layer) => {
    const scaleResolutionDownBy = 2 ** Math.max(count - 1 - layer, 0);
    const shown = (lines ?? 720) / scaleResolutionDownBy;
    return {
      active: layer < Math.min(count, wanted),
      scaleResolutionDownBy,
      maxBitrate: BITRATES.find(([most]) => shown <= most)?.[1] ?? LARGEST_BITRATE,
    };
  });
}
