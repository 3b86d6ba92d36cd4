/** What the sound of a call measured from its start to its end. A measure that never came is null. */
export interface AudioStats {
  /** The MIME type of the sent sound, for example `"audio/opus"`. */
  readonly codec: string | null;
  /** The last measured round trip to the platform, in milliseconds. */
  readonly roundTripTime: number | null;
  /** The mean of the last measured jitter of what was received, in milliseconds. */
  readonly jitter: number | null;
  /** Packets sent, repeated ones included. */
  readonly packetsSent: number;
  /** Packets received from everybody. */
  readonly packetsReceived: number;
  /** Payload bytes sent, without packet headers. */
  readonly bytesSent: number;
  /** Payload bytes received, without packet headers. */
  readonly bytesReceived: number;
  /** Packets sent once more because they were lost. */
  readonly retransmittedPacketsSent: number;
  /** Payload bytes of the packets sent once more. */
  readonly retransmittedBytesSent: number;
  /** Packets that were sent to this side and never arrived. */
  readonly packetsLost: number;
}

/** What a call measured. There are no totals of video. */
export interface TotalMediaStats {
  /** Null when the call ended before it had a media connection. */
  readonly totalAudioStats: AudioStats | null;
}

/** What a call measures at a moment. */
export interface CurrentMediaStats {
  /** The sound since the last measurement. */
  readonly currentAudioStats: AudioStats | null;
  /** How good the sound is taken to be, from 1 (bad) to 5 (excellent); ITU-T G.107. */
  readonly mos: number;
}
