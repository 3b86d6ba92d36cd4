/** What the platform forwards. Everything else is left out of the offer: parsing it is the slowest part of joining. */
const AUDIO = new Set(["audio/opus"]);
const VIDEO = new Set(["video/vp8", "video/rtx"]);

/** The codecs of this kind that go into an offer, in the browser's order. */
export function wantedCodecs<Codec extends { mimeType: string }>(
  kind: "audio" | "video",
  known: readonly Codec[],
): Codec[] {
  const wanted = kind === "audio" ? AUDIO : VIDEO;
  return known.filter(({ mimeType }) => wanted.has(mimeType.toLowerCase()));
}
