import type { Endpoint } from "./endpoint.js";
import type { RoleType, State } from "./enums.js";

/** What is known of a participant's sound. */
export interface ParticipantAudio {
  /** True when the participant has muted itself. */
  readonly muted: boolean;
  /** True while the participant is kept from hearing the others. */
  readonly deaf: boolean;
  /** True while the participant speaks, as far as the platform has told. */
  readonly talking: boolean;
}

/** What is known of a participant's video. */
export interface ParticipantVideo {
  /** True while the participant is kept from seeing the others. */
  readonly blind: boolean;
}

/** What a participant sends and receives. */
export interface ParticipantMedia {
  /** Its sound. */
  readonly audio: ParticipantAudio;
  /** Its video. */
  readonly video: ParticipantVideo;
}

/** What a participant may do and hear. */
export interface Role {
  /** Which role. */
  readonly type: RoleType;
  /** Of an advisor: the ids of the calls that hear it. */
  readonly advise?: readonly string[];
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
  /** True while the platform does not hear from the participant, who may be on the way back. */
  readonly disconnected: boolean;
  /** What the participant may do and hear; missing where there are no roles. */
  readonly role?: Role;
}
