import type { ServerEvent } from "@ringback/protocol";
import type { User } from "../api/endpoint.js";
import { type ErrorCode, errorCode, RtcError } from "../api/error-code.js";
import type { Log } from "../log.js";
import { reconnectDelay } from "./backoff.js";
import { type Credentials, Session } from "./session.js";
import type { OpenSocket } from "./socket.js";

/** So many failures in a row, about four seconds of waiting, and a connection that was never open is given up. */
const FIRST_ATTEMPTS = 5;

/** What a connection tells. */
export interface ConnectionListener {
  connected(user: User): void;
  /** An open connection was lost: its session, and every call in it, is over. */
  lost(cause: ErrorCode): void;
  reconnecting(): void;
  reconnected(): void;
  disconnected(reason: string): void;
  event(event: ServerEvent, session: Session): void;
}

type State =
  | { readonly kind: "closed" }
  | { readonly kind: "opening"; readonly session: Session; readonly failures: number }
  | { readonly kind: "waiting"; readonly timer: ReturnType<typeof setTimeout> }
  | { readonly kind: "open"; readonly session: Session };

interface Waiter {
  readonly resolve: (session: Session) => void;
  readonly reject: (error: RtcError) => void;
}

/** What a connection is made of. */
export interface ConnectionParts {
  readonly url: string;
  readonly credentials: Credentials;
  readonly openSocket: OpenSocket;
  readonly random: () => number;
  readonly log: Log;
}

/** The way to the platform: one session after the other, opened again when it gets lost. */
export class Connection {
  readonly #parts: ConnectionParts;
  readonly #listener: ConnectionListener;
  readonly #waiters: Waiter[] = [];
  #state: State = { kind: "closed" };
  #user: User | null = null;
  #wasOpen = false;

  constructor(parts: ConnectionParts, listener: ConnectionListener) {
    this.#parts = parts;
    this.#listener = listener;
  }

  /** Begins to connect, unless that has happened already. */
  connect(): void {
    if (this.#state.kind !== "closed") return;
    this.#wasOpen = false;
    this.#open(0);
  }

  disconnect(): void {
    if (this.#state.kind === "closed") return;
    if (this.#state.kind === "waiting") clearTimeout(this.#state.timer);
    else this.#state.session.close();
    this.#giveUp(errorCode("NETWORK_ERROR"), "USER_REQUEST");
  }

  /** The user of the last session, or null before the first. */
  user(): User | null {
    return this.#user;
  }

  /** The open session, now or as soon as there is one. Rejected with an {@link RtcError} when there will be none. */
  session(): Promise<Session> {
    const state = this.#state;
    if (state.kind === "open") return Promise.resolve(state.session);
    if (state.kind === "closed") return Promise.reject(new RtcError(errorCode("NETWORK_ERROR")));
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  #open(failures: number): void {
    const { openSocket, url, credentials, log } = this.#parts;
    const session: Session = new Session(
      openSocket,
      url,
      credentials,
      {
        opened: ({ identity, displayName }) => this.#opened(session, { identity, displayName }),
        event: (event) => this.#listener.event(event, session),
        closed: (cause, final) => this.#closed(cause, final),
      },
      log,
    );
    this.#state = { kind: "opening", session, failures };
  }

  #opened(session: Session, user: User): void {
    const again = this.#wasOpen;
    this.#state = { kind: "open", session };
    this.#user = user;
    this.#wasOpen = true;
    for (const { resolve } of this.#waiters.splice(0)) resolve(session);
    if (again) this.#listener.reconnected();
    else this.#listener.connected(user);
  }

  #closed(cause: ErrorCode, final: boolean): void {
    const before = this.#state;
    const failures = before.kind === "opening" ? before.failures + 1 : 1;
    if (before.kind === "open") this.#listener.lost(cause);
    if (final || (!this.#wasOpen && failures >= FIRST_ATTEMPTS)) {
      this.#giveUp(cause, cause.name);
      return;
    }
    const delay = reconnectDelay(failures, this.#parts.random());
    this.#parts.log.debug(`Connecting again in ${Math.round(delay)} ms`);
    this.#state = { kind: "waiting", timer: setTimeout(() => this.#open(failures), delay) };
    if (before.kind === "open") this.#listener.reconnecting();
  }

  #giveUp(cause: ErrorCode, reason: string): void {
    this.#state = { kind: "closed" };
    for (const { reject } of this.#waiters.splice(0)) reject(new RtcError(cause));
    this.#listener.disconnected(reason);
  }
}
