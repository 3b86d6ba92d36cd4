/** One entry of an RTCStatsReport, as far as it is read here. */
export interface StatsEntry {
  readonly type: string;
  readonly id: string;
  readonly kind?: string;
  /** The m-line. */
  readonly mid?: string;
  readonly codecId?: string;
  readonly mimeType?: string;
  /** In seconds. */
  readonly roundTripTime?: number;
  /** In seconds. */
  readonly jitter?: number;
  readonly packetsSent?: number;
  readonly packetsReceived?: number;
  readonly bytesSent?: number;
  readonly bytesReceived?: number;
  readonly retransmittedPacketsSent?: number;
  readonly retransmittedBytesSent?: number;
  readonly packetsLost?: number;
  readonly framesDecoded?: number;
  /** From 0 (silence) to 1. */
  readonly audioLevel?: number;
  readonly selectedCandidatePairId?: string;
  /** Of a candidate pair: answers to checks. */
  readonly responsesReceived?: number;
  /** Firefox's mark of the candidate pair in use. */
  readonly selected?: boolean;
  readonly nominated?: boolean;
  readonly state?: string;
  readonly localCandidateId?: string;
  readonly remoteCandidateId?: string;
  /** In seconds. */
  readonly currentRoundTripTime?: number;
  readonly candidateType?: string;
  readonly protocol?: string;
}
