import type { Participant } from "@ringback/protocol";
import type { Snapshot } from "./snapshot.js";

/** What is told of the platform's hints. */
export interface HintsListener {
  /** This side began or stopped to speak, as the platform hears it. */
  ownTalking(talking: boolean): void;
  /** Others began or stopped to speak. */
  spoke(started: readonly Participant[], stopped: readonly Participant[]): void;
  /** Nothing arrives from these others any more, or something does again. */
  absent(gone: readonly Participant[], back: readonly Participant[]): void;
}

/** What the platform says of the others in passing: of one moment, and no part of the snapshot. */
export class Hints {
  readonly #listener: HintsListener;
  #speakers: readonly string[] = [];
  #absent: readonly string[] = [];

  constructor(listener: HintsListener) {
    this.#listener = listener;
  }

  /** The ids of those who speak, the loudest first; this side's is that of its call. */
  get speakers(): readonly string[] {
    return this.#speakers;
  }

  /** The ids of those from whom nothing arrives. */
  get absent(): readonly string[] {
    return this.#absent;
  }

  hearSpeakers(snapshot: Snapshot, speakers: readonly string[], own: string): void {
    const before = this.#speakers;
    this.#speakers = speakers;
    if (before.includes(own) !== speakers.includes(own)) this.#listener.ownTalking(speakers.includes(own));
    this.#listener.spoke(named(snapshot, speakers, before), named(snapshot, before, speakers));
  }

  hearAbsent(snapshot: Snapshot, absent: readonly string[]): void {
    const before = this.#absent;
    this.#absent = absent;
    this.#listener.absent(named(snapshot, absent, before), named(snapshot, before, absent));
  }

  /** None is in force until it is said again. */
  lapse(snapshot: Snapshot, own: string): void {
    if (this.#speakers.length > 0) this.hearSpeakers(snapshot, [], own);
    if (this.#absent.length > 0) this.hearAbsent(snapshot, []);
  }

  /** A participant is gone. */
  left(participantId: string): void {
    this.#speakers = this.#speakers.filter((id) => id !== participantId);
    this.#absent = this.#absent.filter((id) => id !== participantId);
  }

  /** Everybody is gone. */
  end(): void {
    this.#speakers = [];
    this.#absent = [];
  }
}

/** Those of these who are not among the others, in the order in which they entered. */
function named({ participants }: Snapshot, ids: readonly string[], others: readonly string[]): Participant[] {
  return participants.filter(({ id }) => ids.includes(id) && !others.includes(id));
}
