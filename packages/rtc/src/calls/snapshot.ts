import type { CallEvent, Participant, Slot } from "@ringback/protocol";

/** Who else is in a conversation, and where they are received. */
export interface Snapshot {
  /** In the order they entered. */
  readonly participants: readonly Participant[];
  readonly slots: readonly Slot[];
  /** How many video slots this side shall have. */
  readonly videoSlots: number;
}

/**
 * The snapshot after an event of its call: what the platform would say if it were asked afresh. It is null before the
 * call is established or the room joined, and after the end; events that concern no participant change nothing.
 */
export function applyEvent(snapshot: Snapshot | null, event: CallEvent): Snapshot | null {
  switch (event.type) {
    case "call.established":
    case "room.joined":
      return { participants: event.participants, slots: event.slots, videoSlots: event.videoSlots };
    case "participant.joining":
    case "participant.joined":
    case "participant.updated":
      return snapshot && { ...snapshot, participants: withParticipant(snapshot.participants, event.participant) };
    case "participant.left":
      return (
        snapshot && { ...snapshot, participants: snapshot.participants.filter(({ id }) => id !== event.participantId) }
      );
    case "slots.changed":
      return snapshot && { ...snapshot, slots: event.slots, videoSlots: event.videoSlots };
    case "call.ended":
      return null;
    case "call.incoming":
    case "call.ringing":
    case "screen.stopped":
    case "media.lost":
    case "speakers.changed":
    case "absent.changed":
    case "slots.paused":
    case "layers.wanted":
    case "text.received":
    case "text.delivered":
    case "text.broadcast":
      return snapshot;
  }
}

function withParticipant(participants: readonly Participant[], participant: Participant): readonly Participant[] {
  const known = participants.some(({ id }) => id === participant.id);
  return known
    ? participants.map((other) => (other.id === participant.id ? participant : other))
    : [...participants, participant];
}
