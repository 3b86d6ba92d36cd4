import {
  type ClientMessage,
  type Error as ErrorMessage,
  type Reply,
  type Results,
  resultFits,
  type ServerEvent,
  type SessionOpened,
} from "@ringback/protocol";
import { errorCode, RtcError } from "../api/error-code.js";
import type { Log } from "../log.js";
import { SILENT_PERIODS } from "./line.js";
import { RequestRefused } from "./refusal.js";

/** Longer than any request takes on a platform that works, in milliseconds. */
export const REQUEST_TIMEOUT = 10_000;
/** A request that was lost so often may be what closes the sockets; it is not sent again. */
const ATTEMPTS = 3;
/** The platform keeps 1,000 unconfirmed events; this many are confirmed without waiting for the next ping. */
const UNCONFIRMED_EVENTS = 250;

type RequestType = keyof Results;
type Fields<T extends RequestType> = Omit<Extract<ClientMessage, { type: T }>, "type" | "id">;

interface Pending {
  readonly message: { readonly type: RequestType; readonly id: number };
  readonly timeout: number | null;
  readonly answered: (message: Reply | ErrorMessage) => void;
  readonly failed: (error: RtcError) => void;
  attempts: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * This client as the platform knows it, from the first `hello` over all the sockets that it needs: requests with their
 * replies, and events in sequence. Between two sockets requests wait, and their time does not run.
 */
export class Session {
  readonly #log: Log;
  readonly #pending = new Map<number, Pending>();
  #welcome: SessionOpened;
  #lastId: number;
  #lastSequence = 0;
  #confirmed = 0;
  #send: ((message: object) => void) | null = null;
  #ended = false;

  /** @param helloId - the id of the hello that opened it; the ids go on from there */
  constructor(welcome: SessionOpened, helloId: number, log: Log) {
    this.#welcome = welcome;
    this.#lastId = helloId;
    this.#log = log;
  }

  /** After so long without a socket the platform has certainly given the session up, in milliseconds. */
  get patience(): number {
    const { resumeSeconds, keepAliveSeconds } = this.#welcome;
    return (resumeSeconds + SILENT_PERIODS * keepAliveSeconds) * 1000;
  }

  /** TURN servers with credentials that are as new as the latest `hello`. */
  get iceServers(): SessionOpened["iceServers"] {
    return this.#welcome.iceServers;
  }

  /** The id for the client's next message. */
  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** What a hello says to get this session back. */
  resume(): NonNullable<Extract<ClientMessage, { type: "hello" }>["resume"]> {
    const { sessionId, resumeKey } = this.#welcome;
    return { sessionId, resumeKey, lastSequence: this.#lastSequence };
  }

  /** A line carries the session from now on. What was not answered is sent again, with its old id. */
  attach(send: (message: object) => void, welcome: SessionOpened): void {
    this.#welcome = welcome;
    this.#send = send;
    for (const pending of [...this.#pending.values()]) this.#deliver(pending);
  }

  /** The line is lost. */
  detach(): void {
    this.#send = null;
    for (const [id, { message, timer }] of this.#pending) {
      clearTimeout(timer);
      if (message.type === "ping") this.#pending.delete(id);
    }
  }

  /** The session is over; what was not answered is rejected with `NETWORK_ERROR`. */
  end(): void {
    this.#ended = true;
    this.#send = null;
    for (const pending of [...this.#pending.values()]) this.#fail(pending, "NETWORK_ERROR");
  }

  /**
   * Sends a request. The promise is rejected with {@link RequestRefused}, or with an {@link RtcError} of
   * `NETWORK_ERROR` when the session ends first, or of `REQUEST_TIMEOUT`.
   *
   * @param timeout - in milliseconds; null waits until the session ends
   */
  request<T extends RequestType>(
    type: T,
    fields: Fields<T>,
    timeout: number | null = REQUEST_TIMEOUT,
  ): Promise<Results[T]> {
    return new Promise((resolve, reject) => {
      if (this.#ended) {
        reject(new RtcError(errorCode("NETWORK_ERROR")));
        return;
      }
      const id = this.nextId();
      const pending: Pending = {
        message: { type, id, ...fields },
        timeout,
        answered: (message) => {
          if (message.type === "error") reject(new RequestRefused(message));
          else if (resultFits(type, message.result)) resolve(message.result);
          else reject(new RtcError(errorCode("UNKNOWN")));
        },
        failed: reject,
        attempts: 0,
        timer: undefined,
      };
      this.#pending.set(id, pending);
      this.#deliver(pending);
    });
  }

  /** Keeps the socket alive, and confirms the events that have come. */
  ping(): void {
    if (this.#send === null) return;
    this.#confirmed = this.#lastSequence;
    this.request("ping", { received: this.#lastSequence }).catch((error: unknown) => {
      this.#log.debug("A ping failed", error);
    });
  }

  /** An answer has come. */
  answered(message: Reply | ErrorMessage): void {
    const pending = message.id === null ? undefined : this.#pending.get(message.id);
    if (message.id === null || pending === undefined) {
      this.#log.warn("Dropped an answer without a request", { id: message.id, type: message.type });
      return;
    }
    this.#pending.delete(message.id);
    clearTimeout(pending.timer);
    if (message.type === "error") this.#log.debug(`The platform refused ${pending.message.type}`, message);
    pending.answered(message);
  }

  /** An event has come; false when it had come before. */
  happened({ sequence, type }: ServerEvent): boolean {
    if (sequence <= this.#lastSequence) {
      this.#log.warn("Dropped an event that came twice", { sequence, type });
      return false;
    }
    if (sequence > this.#lastSequence + 1) {
      this.#log.warn("Events are missing", { after: this.#lastSequence, before: sequence });
    }
    this.#lastSequence = sequence;
    if (sequence - this.#confirmed >= UNCONFIRMED_EVENTS) this.ping();
    return true;
  }

  #deliver(pending: Pending): void {
    if (this.#send === null) return;
    if (pending.attempts >= ATTEMPTS) {
      this.#fail(pending, "NETWORK_ERROR");
      return;
    }
    pending.attempts += 1;
    if (pending.timeout !== null) {
      pending.timer = setTimeout(() => this.#fail(pending, "REQUEST_TIMEOUT"), pending.timeout);
    }
    this.#send(pending.message);
  }

  #fail(pending: Pending, cause: "NETWORK_ERROR" | "REQUEST_TIMEOUT"): void {
    clearTimeout(pending.timer);
    this.#pending.delete(pending.message.id);
    pending.failed(new RtcError(errorCode(cause)));
  }
}
