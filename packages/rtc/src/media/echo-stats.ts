import type { EchoPath, EchoTestStats, EchoTraffic } from "../api/echo.js";
import type { StatsEntry } from "./stats-entry.js";

const MILLISECONDS = 1000;

/** What an echo test shows out of a connection's statistics. */
export function echoStats(entries: readonly StatsEntry[]): EchoTestStats {
  return {
    path: path(entries),
    audio: {
      ...traffic(entries, "audio"),
      levelSent: level(ofKind(entries, "media-source", "audio")),
      levelReceived: level(ofKind(entries, "inbound-rtp", "audio")),
    },
    video: {
      ...traffic(entries, "video"),
      framesDecoded: sum(ofKind(entries, "inbound-rtp", "video"), ({ framesDecoded }) => framesDecoded),
    },
  };
}

function path(entries: readonly StatsEntry[]): EchoPath | null {
  const pair = selectedPair(entries);
  if (pair === undefined) return null;
  const byId = (id: string | undefined): StatsEntry | undefined => entries.find((entry) => entry.id === id);
  const local = byId(pair.localCandidateId);
  const roundTrip =
    pair.currentRoundTripTime ?? entries.find(({ type }) => type === "remote-inbound-rtp")?.roundTripTime;
  return {
    localCandidateType: local?.candidateType ?? null,
    remoteCandidateType: byId(pair.remoteCandidateId)?.candidateType ?? null,
    protocol: local?.protocol ?? null,
    roundTripTime: roundTrip === undefined ? null : roundTrip * MILLISECONDS,
  };
}

/** The pair of candidates in use. Browsers differ in how they mark it. */
function selectedPair(entries: readonly StatsEntry[]): StatsEntry | undefined {
  const selectedId = entries.find(({ selectedCandidatePairId }) => selectedCandidatePairId)?.selectedCandidatePairId;
  const pairs = entries.filter(({ type }) => type === "candidate-pair");
  return (
    pairs.find(({ id }) => id === selectedId) ??
    pairs.find(({ selected }) => selected === true) ??
    pairs.find(({ nominated, state }) => nominated === true && state === "succeeded")
  );
}

function traffic(entries: readonly StatsEntry[], kind: "audio" | "video"): EchoTraffic {
  const received = ofKind(entries, "inbound-rtp", kind);
  return {
    packetsSent: sum(ofKind(entries, "outbound-rtp", kind), ({ packetsSent }) => packetsSent),
    packetsReceived: sum(received, ({ packetsReceived }) => packetsReceived),
    packetsLost: sum(received, ({ packetsLost }) => packetsLost),
  };
}

/** The loudest of them, or null when none is told. */
function level(entries: readonly StatsEntry[]): number | null {
  const levels = entries.flatMap(({ audioLevel }) => (audioLevel === undefined ? [] : [audioLevel]));
  return levels.length === 0 ? null : Math.max(...levels);
}

function ofKind(entries: readonly StatsEntry[], type: string, kind: string): StatsEntry[] {
  return entries.filter((entry) => entry.type === type && entry.kind === kind);
}

function sum(entries: readonly StatsEntry[], read: (entry: StatsEntry) => number | undefined): number {
  return entries.reduce((total, entry) => total + (read(entry) ?? 0), 0);
}
