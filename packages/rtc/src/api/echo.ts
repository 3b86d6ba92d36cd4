import type { CallStatus } from "./enums.js";
import type { EventSource, HangupEvent, LocalMediaEvents } from "./events.js";

/** What to test. Plain objects with these fields. */
export interface EchoTestOptions {
  /** Whether to test the microphone. Default true. */
  readonly audio?: boolean | undefined;
  /** Whether to test the camera. Default false. */
  readonly video?: boolean | undefined;
}

/** The echo has come. */
export interface EchoConnectedEvent {
  /** This side's own sound, as it comes back. Played over loudspeakers it is heard by the microphone again. */
  readonly stream: MediaStream;
  /** This side's own picture, as it comes back; null when the camera is not tested. */
  readonly video: MediaStream | null;
}

/** The payload of each event of an echo test. `camera-video-added` brings the picture before it was sent. */
export interface EchoTestEvents extends LocalMediaEvents {
  /** The media has a way to the platform and back. */
  connected: EchoConnectedEvent;
  /** The test is over. It comes exactly once and is the last event. */
  ended: HangupEvent;
}

/** The way that the packets take. A value that the browser does not tell is null. */
export interface EchoPath {
  /** How this side is reached: `"host"` directly, `"srflx"` and `"prflx"` through a NAT, `"relay"` over a relay. */
  readonly localCandidateType: string | null;
  /** How the platform is reached; almost always `"host"`. */
  readonly remoteCandidateType: string | null;
  /** `"udp"`, or `"tcp"` where a firewall lets no UDP through. */
  readonly protocol: string | null;
  /** The last measured round trip to the platform, in milliseconds. */
  readonly roundTripTime: number | null;
}

/** What of one kind was sent and came back. */
export interface EchoTraffic {
  /** Packets sent, repeated ones included. */
  readonly packetsSent: number;
  /** Packets that came back. */
  readonly packetsReceived: number;
  /** Packets that the platform sent back and that never arrived. */
  readonly packetsLost: number;
}

/** What the sound measures. */
export interface EchoAudio extends EchoTraffic {
  /** How loud the microphone is now, from 0 (silence) to 1; null when the browser does not tell. */
  readonly levelSent: number | null;
  /** How loud the echo is now, from 0 (silence) to 1; null when the browser does not tell. */
  readonly levelReceived: number | null;
}

/** What the picture measures. */
export interface EchoVideo extends EchoTraffic {
  /** Pictures that came back and could be read. */
  readonly framesDecoded: number;
}

/** What an echo test measures at one moment, counted from its start. */
export interface EchoTestStats {
  /** Null while there is no way to the platform. */
  readonly path: EchoPath | null;
  /** The sound. */
  readonly audio: EchoAudio;
  /** The picture. */
  readonly video: EchoVideo;
}

/** A call that brings this side's own sound and picture back: it tests devices, network and platform. Ringback's own. */
export interface EchoTest extends EventSource<EchoTestEvents> {
  /** The platform's id of this call, or an empty string until the platform has said it. */
  id(): string;
  /** Where it stands: `CONNECTING`, then `ESTABLISHED` when the echo comes, then `FINISHED`. */
  status(): CallStatus;
  /** What it measures now. */
  stats(): Promise<EchoTestStats>;
  /** Ends the test. `ended` follows exactly once, within two seconds even when the platform does not answer. */
  stop(): void;
}
