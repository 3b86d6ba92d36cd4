/** One codec that a browser knows. */
interface Codec {
  readonly mimeType: string;
  readonly sdpFmtpLine?: string | undefined;
}

/**
 * What the platform forwards, in the order in which it is preferred for sending. Everything else is left out of the
 * offer: parsing it is the slowest part of joining. VP8 comes first because only it is sent in layers and known
 * everywhere; RED comes behind Opus because it doubles what audio takes of the line. Repeated packets (RTX) belong to the
 * codecs before them.
 */
const WANTED = {
  audio: ["audio/opus", "audio/red", "audio/pcmu", "audio/pcma"],
  video: ["video/vp8", "video/vp9", "video/h264", "video/av1", "video/rtx"],
} as const;

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

/** The codecs of this kind that go into an offer, best first. */
export function wantedCodecs<C extends Codec>(kind: "audio" | "video", known: readonly C[]): C[] {
  return WANTED[kind].flatMap((wanted) =>
    known.filter((codec) => codec.mimeType.toLowerCase() === wanted && isCommon(codec)),
  );
}

function isCommon({ mimeType, sdpFmtpLine = "" }: Codec): boolean {
  return COMMON_KINDS[mimeType.toLowerCase()]?.(sdpFmtpLine) ?? true;
}
