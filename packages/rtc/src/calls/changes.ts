import type { Participant } from "@ringback/protocol";
import { VIDEO_SLOTS } from "../media/handler.js";
import type { Snapshot } from "./snapshot.js";

/** One difference between two snapshots. A moved video stays visible, from another slot. */
export type Change =
  | {
      readonly kind: "joining" | "joined" | "left" | "muted" | "unmuted" | "videoRemoved";
      readonly participant: Participant;
    }
  | { readonly kind: "videoAdded" | "videoMoved"; readonly participant: Participant; readonly slot: number };

/** What is different, in the order in which an application should hear it. */
export function changes(before: Snapshot, after: Snapshot): Change[] {
  const found: Change[] = [];
  for (const participant of before.participants) {
    if (find(after, participant.id) !== undefined) continue;
    if (videoSlot(before, participant) !== null) found.push({ kind: "videoRemoved", participant });
    found.push({ kind: "left", participant });
  }
  for (const participant of after.participants) {
    const earlier = find(before, participant.id);
    found.push(...presenceChanges(earlier, participant));
    found.push(...videoChanges(earlier && videoSlot(before, earlier), videoSlot(after, participant), participant));
  }
  return found;
}

/** The videos that can be seen at once when a conversation is entered. */
export function firstVideos(snapshot: Snapshot): Change[] {
  return changes({ ...snapshot, slots: [] }, snapshot);
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

function videoChanges(before: number | null | undefined, after: number | null, participant: Participant): Change[] {
  const slot = before ?? null;
  if (slot === after) return [];
  if (after === null) return [{ kind: "videoRemoved", participant }];
  return [{ kind: slot === null ? "videoAdded" : "videoMoved", participant, slot: after }];
}

/** The video slot that shows the participant's camera, or null while it cannot be seen. */
function videoSlot({ slots }: Snapshot, participant: Participant): number | null {
  if (!participant.camera) return null;
  const slot = slots.find(
    ({ participantId, camera, index }) => participantId === participant.id && camera !== null && index < VIDEO_SLOTS,
  );
  return slot?.index ?? null;
}

function find({ participants }: Snapshot, id: string): Participant | undefined {
  return participants.find((participant) => participant.id === id);
}
