import { VideoCodec } from "../api/video.js";

/** One codec that a browser knows. */
interface Codec {
  readonly mimeType: string;
  readonly sdpFmtpLine?: string | undefined;
}

/**
 * What the platform forwards, in the order in which it is preferred for sending. Everything else is left out of the
 * offer: parsing it is the slowest part of joining. RED comes behind Opus because it doubles what audio takes of the line.
 */
export const AUDIO = ["audio/opus", "audio/red", "audio/pcmu", "audio/pcma"] as const;

/** What a microphone sends besides: the tones of a telephone's keys (RFC 4733), if the platform takes them. */
export const MICROPHONE = [...AUDIO, "audio/telephone-event"] as const;

/**
 * The same for pictures. VP8 comes first because only it is sent in layers and known everywhere. Repeated packets (RTX)
 * belong to all codecs.
 */
export const VIDEO = ["video/vp8", "video/vp9", "video/h264", "video/av1", "video/rtx"] as const;

/** What is sent of pictures when this codec is wished: nothing else, because out of several the platform chooses VP8. */
export function onlyVideo(codec: VideoCodec): readonly string[] {
  return codec === VideoCodec.VP8 ? VIDEO : [`video/${codec.toLowerCase()}`, "video/rtx"];
}

/**
 * Of a codec with several kinds the one that all browsers with the codec know: constrained baseline H.264 in packetization
 * mode 1, and VP9 and AV1 with 8 bits, which is also what they mean when they say nothing.
 */
const COMMON_KINDS: Record<string, (parameters: string) => boolean> = {
  "video/h264": (parameters) =>
    /(^|;)\s*packetization-mode=1\s*(;|$)/.test(parameters) && /(^|;)\s*profile-level-id=42e0/i.test(parameters),
  "video/vp9": (parameters) => !/(^|;)\s*profile-id=[^0]/.test(parameters),
  "video/av1": (parameters) => !/(^|;)\s*profile=[^0]/.test(parameters),
};

/** The codecs of these types that go into an offer, in the order of the types. */
export function wantedCodecs<C extends Codec>(types: readonly string[], known: readonly C[]): C[] {
  return types.flatMap((type) => known.filter((codec) => codec.mimeType.toLowerCase() === type && isCommon(codec)));
}

function isCommon({ mimeType, sdpFmtpLine = "" }: Codec): boolean {
  return COMMON_KINDS[mimeType.toLowerCase()]?.(sdpFmtpLine) ?? true;
}
