import type { Levels } from "./handler.js";
import type { StatsEntry } from "./stats-entry.js";

/**
 * How loud it is by a connection's statistics.
 *
 * @param slotMids - the m-lines of the audio slots
 */
export function levels(entries: readonly StatsEntry[], slotMids: readonly (string | null)[]): Levels {
  const audio = entries.filter(({ kind }) => kind === "audio");
  const levelOf = (found: StatsEntry | undefined): number | null => found?.audioLevel ?? null;
  return {
    microphone: levelOf(audio.find(({ type }) => type === "media-source")),
    slots: slotMids.map((slot) => levelOf(audio.find(({ type, mid }) => type === "inbound-rtp" && mid === slot))),
  };
}
