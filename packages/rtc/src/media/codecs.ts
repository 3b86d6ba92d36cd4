/** One codec that a browser knows. */
interface Codec {
  readonly mimeType: string;
  readonly sdpFmtpLine?: string | undefined;
}

/**
 * What the platform forwards, best first. Everything else is left out of the offer: parsing it is the slowest part of
 * joining. Repeated packets (RTX) belong to the codecs before them.
 */
const WANTED = {
  audio: ["audio/opus", "audio/pcmu", "audio/pcma"],
  video: ["video/vp8", "video/h264", "video/rtx"],
} as const;

/** Of the many kinds of H.264 the one that every browser with H.264 knows: constrained baseline, packetization mode 1. */
const COMMON_H264 = [/(^|;)\s*packetization-mode=1\s*(;|$)/, /(^|;)\s*profile-level-id=42e0/i];

/** The codecs of this kind that go into an offer, best first. */
export function wantedCodecs<C extends Codec>(kind: "audio" | "video", known: readonly C[]): C[] {
  return WANTED[kind].flatMap((wanted) =>
    known.filter((codec) => codec.mimeType.toLowerCase() === wanted && isCommon(codec)),
  );
}

function isCommon({ mimeType, sdpFmtpLine = "" }: Codec): boolean {
  return mimeType.toLowerCase() !== "video/h264" || COMMON_H264.every((part) => part.test(sdpFmtpLine));
}
