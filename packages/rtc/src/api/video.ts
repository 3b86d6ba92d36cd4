/**
 * How much video of the camera is sent at most. The line, and what the others look at, may make it less.
 *
 * - `LOWEST`: 50 kbit/s, 320 × 180 at 8 pictures per second. A face, over the poorest line.
 * - `LOW`: 180 kbit/s, 426 × 240 at 15. A person in a small tile.
 * - `MEDIUM`: 600 kbit/s, 640 × 360 at 30. Several people, or a phone's screen.
 * - `HIGH`: from 1500 kbit/s up, 1280 × 720 at 30. Everything that the camera gives.
 */
export const VideoQuality = { LOWEST: "LOWEST", LOW: "LOW", MEDIUM: "MEDIUM", HIGH: "HIGH" } as const;
export type VideoQuality = (typeof VideoQuality)[keyof typeof VideoQuality];

/**
 * How pictures are coded. `VP8` is known everywhere and sent in layers, so that everybody gets a size that fits; the
 * others are sent in one size. `VP9` and `AV1` need fewer bits and more of the processor.
 */
export const VideoCodec = { VP8: "VP8", VP9: "VP9", H264: "H264", AV1: "AV1" } as const;
export type VideoCodec = (typeof VideoCodec)[keyof typeof VideoCodec];
