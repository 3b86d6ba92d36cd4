import type { AudioStats } from "../api/stats.js";
import type { StatsEntry } from "./stats-entry.js";

const MILLISECONDS = 1000;

/** The totals of sound out of a connection's statistics. */
export function totalAudioStats(report: Iterable<StatsEntry>): AudioStats {
  const entries = [...report];
  const audio = (type: string): StatsEntry[] =>
    entries.filter((entry) => entry.type === type && entry.kind === "audio");
  const sent = audio("outbound-rtp");
  const received = audio("inbound-rtp");
  const sum = (of: readonly StatsEntry[], read: (entry: StatsEntry) => number | undefined): number =>
    of.reduce((total, entry) => total + (read(entry) ?? 0), 0);
  const heard = received.filter(({ packetsReceived = 0 }) => packetsReceived > 0);
  const roundTrip = audio("remote-inbound-rtp").find(({ roundTripTime }) => roundTripTime !== undefined)?.roundTripTime;
  const codec = entries.find(({ type, id }) => type === "codec" && id === sent[0]?.codecId)?.mimeType;
  return {
    codec: codec ?? null,
    roundTripTime: roundTrip === undefined ? null : roundTrip * MILLISECONDS,
    jitter: heard.length === 0 ? null : (sum(heard, ({ jitter }) => jitter) / heard.length) * MILLISECONDS,
    packetsSent: sum(sent, ({ packetsSent }) => packetsSent),
    packetsReceived: sum(received, ({ packetsReceived }) => packetsReceived),
    bytesSent: sum(sent, ({ bytesSent }) => bytesSent),
    bytesReceived: sum(received, ({ bytesReceived }) => bytesReceived),
    retransmittedPacketsSent: sum(sent, ({ retransmittedPacketsSent }) => retransmittedPacketsSent),
    retransmittedBytesSent: sum(sent, ({ retransmittedBytesSent }) => retransmittedBytesSent),
    packetsLost: sum(received, ({ packetsLost }) => packetsLost),
  };
}
