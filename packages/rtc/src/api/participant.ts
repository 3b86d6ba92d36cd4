import type { Endpoint } from "./endpoint.js";
import type { State } from "./enums.js";

/** What is known of a participant's sound. */
export interface ParticipantAudio {
  /** True when the participant has muted itself. */
  readonly muted: boolean;
  /** True while the participant speaks, as far as the platform has told. */
  readonly talking: boolean;
}

/** What a participant sends. */
export interface ParticipantMedia {
  /** Its sound. */
  readonly audio: ParticipantAudio;
}

/** Somebody else's presence in a room. A participant is a fact of one moment: when something changes, an event brings a new one. */
export interface Participant {
  /** The id of the participant's call; it stays the same while the participant is in the room. */
  readonly callId: string;
  /** Who it is. */
  readonly endpoint: Endpoint;
  /** Whether its media is connected. */
  readonly state: State;
  /** What it sends. */
  readonly media: ParticipantMedia;
}
