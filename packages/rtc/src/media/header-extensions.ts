/** One RTP header extension as a browser offers it. */
interface HeaderExtension {
  readonly uri: string;
  readonly direction: string;
}

/** What browsers can do that are able to offer fewer header extensions (WebRTC Extensions, §5.2); not all are. */
interface Choosing {
  getHeaderExtensionsToNegotiate?(): readonly HeaderExtension[];
  setHeaderExtensionsToNegotiate?(extensions: readonly HeaderExtension[]): void;
}

/** What the platform reads or passes on: loudness, which m-line and layer a packet is of, how a phone is held, feedback. */
const WANTED: readonly string[] = [
  "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
  "urn:ietf:params:rtp-hdrext:sdes:mid",
  "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
  "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
  "urn:3gpp:video-orientation",
  "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
];

/** Leaves out of the offer what the platform has no use for. With 49 video slots it would be larger than it may be. */
export function trimHeaderExtensions(transceiver: RTCRtpTransceiver & Choosing): void {
  const known = transceiver.getHeaderExtensionsToNegotiate?.() ?? [];
  if (known.length === 0) return;
  transceiver.setHeaderExtensionsToNegotiate?.(
    known.map(({ uri, direction }) => ({ uri, direction: WANTED.includes(uri) ? direction : "stopped" })),
  );
}
