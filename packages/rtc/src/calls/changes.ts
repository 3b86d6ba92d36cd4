import type { Participant, Slot } from "@ringback/protocol";
import type { Snapshot } from "./snapshot.js";

/** What a video shows. */
export type VideoSource = "camera" | "screen";

/**
 * One difference between two snapshots, or between two moments. A moved video stays visible, from another slot; a
 * paused one too, but its picture waits for bandwidth.
 */
export type Change =
  | { readonly kind: "joining" | "joined" | "left" | "muted" | "unmuted"; readonly participant: Participant }
  | {
      readonly kind: "videoRemoved" | "videoPaused" | "videoResumed";
      readonly participant: Participant;
      readonly source: VideoSource;
    }
  | {
      readonly kind: "videoAdded" | "videoMoved";
      readonly participant: Participant;
      readonly source: VideoSource;
      readonly slot: number;
    };

const SOURCES: readonly VideoSource[] = ["camera", "screen"];

/** What is different, in the order in which an application should hear it. */
export function changes(before: Snapshot, after: Snapshot): Change[] {
  const found: Change[] = [];
  for (const participant of before.participants) {
    if (find(after, participant.id) !== undefined) continue;
    for (const source of SOURCES) {
      if (videoSlot(before, participant, source) !== null) found.push({ kind: "videoRemoved", participant, source });
    }
    found.push({ kind: "left", participant });
  }
  for (const participant of after.participants) {
    const earlier = find(before, participant.id);
    found.push(...presenceChanges(earlier, participant));
    for (const source of SOURCES) {
      const slot = earlier === undefined ? null : videoSlot(before, earlier, source);
      found.push(...videoChanges(slot, videoSlot(after, participant, source), participant, source));
    }
  }
  return found;
}

/** The videos that can be seen at once when a conversation is entered. */
export function firstVideos(snapshot: Snapshot): Change[] {
  return changes({ ...snapshot, slots: [] }, snapshot);
}

/** The name of a participant's video towards the media connection. */
export function videoId({ participant, source }: { participant: Participant; source: VideoSource }): string {
  return source === "camera" ? participant.id : `${participant.id} ${source}`;
}

/** The slot that carries this of the participant, or null while it cannot be seen. */
function videoSlot({ slots, videoSlots }: Snapshot, participant: Participant, source: VideoSource): number | null {
  if (!participant[source]) return null;
  const shows = (slot: Slot): boolean =>
    slot.participantId === participant.id && slot[source] !== null && slot.index < videoSlots;
  return slots.find(shows)?.index ?? null;
}

function presenceChanges(earlier: Participant | undefined, participant: Participant): Change[] {
  const found: Change[] = [];
  if (earlier?.state !== participant.state) {
    found.push({ kind: participant.state === "JOINED" ? "joined" : "joining", participant });
  }
  if (earlier !== undefined && earlier.microphone !== participant.microphone) {
    found.push({ kind: participant.microphone ? "unmuted" : "muted", participant });
  }
  return found;
}

function videoChanges(
  before: number | null,
  after: number | null,
  participant: Participant,
  source: VideoSource,
): Change[] {
  if (before === after) return [];
  if (after === null) return [{ kind: "videoRemoved", participant, source }];
  return [{ kind: before === null ? "videoAdded" : "videoMoved", participant, source, slot: after }];
}

function find({ participants }: Snapshot, id: string): Participant | undefined {
  return participants.find((participant) => participant.id === id);
}
