import type { CallCreated, CallEvent } from "@ringback/protocol";
import type { ErrorCode } from "../api/error-code.js";
import type { Log } from "../log.js";

/** A call as the registry knows it. */
export interface RegisteredCall {
  /** The platform has created the call; its events follow. */
  created(callId: string): void;
  happened(event: CallEvent): void;
  /** The device may be in another network. */
  networkChanged(): void;
  /** The platform has given up the session that the call was in. */
  lost(): void;
  /** The call is over, whatever it was doing. */
  finish(reason: ErrorCode): void;
}

/** More events than a call has before its reply; a platform that sends more is not waited for. */
const EARLY_EVENTS = 100;

/** Brings events to their calls, also those that overtake the reply which tells the id of their call. */
export class CallRegistry {
  readonly #calls = new Map<string, RegisteredCall>();
  /** Those that the platform has given up and that ask for themselves again. */
  readonly #returning = new Set<RegisteredCall>();
  readonly #log: Log;
  #early: CallEvent[] = [];
  #unanswered = 0;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Waits for the platform to create a call. Rejected with what the request is rejected with. */
  async create(request: Promise<CallCreated>, call: RegisteredCall): Promise<void> {
    this.#unanswered += 1;
    try {
      const { callId } = await request;
      this.#calls.set(callId, call);
      this.#returning.delete(call);
      call.created(callId);
      for (const event of this.#early.filter((early) => early.callId === callId)) this.deliver(event);
      this.#early = this.#early.filter((early) => early.callId !== callId);
    } finally {
      this.#unanswered -= 1;
      if (this.#unanswered === 0) this.#early = [];
    }
  }

  add(callId: string, call: RegisteredCall): void {
    this.#calls.set(callId, call);
  }

  /** The call has no id any more, and will ask for another one. */
  returns(call: RegisteredCall): void {
    this.#returning.add(call);
  }

  /** The call does not ask any more. */
  forget(call: RegisteredCall): void {
    this.#returning.delete(call);
  }

  has(callId: string): boolean {
    return this.#calls.has(callId);
  }

  deliver(event: CallEvent): void {
    const call = this.#calls.get(event.callId);
    if (call !== undefined) {
      if (event.type === "call.ended") this.#calls.delete(event.callId);
      call.happened(event);
    } else if (this.#unanswered > 0 && this.#early.length < EARLY_EVENTS) {
      this.#early.push(event);
    } else {
      this.#log.debug("An event came for a call that is not here", { type: event.type, callId: event.callId });
    }
  }

  /** Ends all calls but these. */
  finishAllBut(callIds: readonly string[], reason: ErrorCode): void {
    for (const [callId, call] of [...this.#calls]) {
      if (callIds.includes(callId)) continue;
      this.#calls.delete(callId);
      call.finish(reason);
    }
  }

  /** Ends all calls. */
  finishAll(reason: ErrorCode): void {
    this.finishAllBut([], reason);
    for (const call of [...this.#returning]) call.finish(reason);
  }

  networkChanged(): void {
    for (const call of this.#calls.values()) call.networkChanged();
  }

  /** The session with all calls is gone; there may be another one. */
  loseAll(): void {
    const lost = [...this.#calls.values()];
    this.#calls.clear();
    for (const call of lost) call.lost();
  }
}
