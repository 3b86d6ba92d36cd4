import {
  type Error as ErrorMessage,
  type Reply,
  resultFits,
  type ServerEvent,
  type ServerMessage,
  type SessionOpened,
} from "@ringback/protocol";
import type { TokenProvider } from "../api/client.js";
import type { User } from "../api/endpoint.js";
import { type ErrorCode, errorCode, RtcError } from "../api/error-code.js";
import type { Log } from "../log.js";
import { reconnectDelay } from "./backoff.js";
import { CloseCode, Line } from "./line.js";
import { RequestRefused } from "./refusal.js";
import { Session } from "./session.js";
import type { OpenSocket } from "./socket.js";
import { Tokens } from "./tokens.js";

/** So many failures in a row, about four seconds of waiting, and a connection that was never open is given up. */
const FIRST_ATTEMPTS = 5;
/** A socket that is lost again within this is not replaced at once, in milliseconds. */
const CALM = 10_000;

/** What a connection tells. */
export interface ConnectionListener {
  connected(user: User): void;
  /** The platform has given up the session, and every call in it; the connection goes on and gets another one. */
  lost(): void;
  /** The device has a network again, or another one. */
  networkFound(): void;
  reconnecting(): void;
  reconnected(): void;
  /** The connection is closed for good. */
  disconnected(cause: ErrorCode, reason: string): void;
  event(event: ServerEvent, session: Session): void;
}

type State =
  | { readonly kind: "closed" }
  | { readonly kind: "opening"; readonly line: Line; readonly helloId: number; readonly failures: number }
  | { readonly kind: "waiting"; readonly timer: ReturnType<typeof setTimeout>; readonly failures: number }
  | { readonly kind: "open"; readonly line: Line; readonly session: Session; readonly failures: number };

interface Waiter {
  readonly resolve: (session: Session) => void;
  readonly reject: (error: RtcError) => void;
}

/** Who speaks to the platform. */
export interface Credentials {
  readonly token: string | TokenProvider;
  readonly client: { readonly name: string; readonly version: string };
}

/** What the application was told last: nothing yet, that it is connected, or that it is connecting again. */
type Told = "nothing" | "connected" | "reconnecting";

/** What a connection is made of. */
export interface ConnectionParts {
  readonly url: string;
  readonly credentials: Credentials;
  readonly openSocket: OpenSocket;
  /** Calls the handler whenever the device gets a network, or another one, until the function that it gives back is called. */
  readonly watchNetwork: (networkFound: () => void) => () => void;
  readonly now: () => Date;
  readonly random: () => number;
  readonly log: Log;
}

/** The way to the platform: a session that outlives its sockets, and a new one when the platform has given it up. */
export class Connection {
  readonly #parts: ConnectionParts;
  readonly #listener: ConnectionListener;
  readonly #tokens: Tokens;
  readonly #waiters: Waiter[] = [];
  #state: State = { kind: "closed" };
  /** The session to open or to get back. */
  #session: Session | null = null;
  #user: User | null = null;
  #told: Told = "nothing";
  #lostAt = Number.NEGATIVE_INFINITY;
  #patienceTimer: ReturnType<typeof setTimeout> | undefined;
  #unwatchNetwork: () => void = () => {};

  constructor(parts: ConnectionParts, listener: ConnectionListener) {
    this.#parts = parts;
    this.#listener = listener;
    this.#tokens = new Tokens(parts.credentials.token, parts.log);
  }

  /** Begins to connect, unless that has happened already. */
  connect(): void {
    if (this.#state.kind !== "closed") return;
    this.#unwatchNetwork = this.#parts.watchNetwork(() => {
      this.probe();
      this.#listener.networkFound();
    });
    this.#told = "nothing";
    this.#lostAt = Number.NEGATIVE_INFINITY;
    this.#open(0);
  }

  /** Ends the session for good. */
  disconnect(): void {
    if (this.#state.kind === "closed") return;
    if (this.#state.kind === "waiting") clearTimeout(this.#state.timer);
    else this.#state.line.close(CloseCode.DONE);
    this.#giveUp(errorCode("NETWORK_ERROR"), "USER_REQUEST");
  }

  /** Gives up to connect for the first time; a connection that was open once stays. */
  giveUpConnecting(): void {
    if (this.#told === "nothing") this.disconnect();
  }

  /** The network may be another one: finds out soon whether the platform can still be reached, and connects again if not. */
  probe(): void {
    const state = this.#state;
    if (state.kind === "open") {
      state.line.probe();
    } else if (state.kind === "waiting") {
      clearTimeout(state.timer);
      this.#open(state.failures);
    }
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
    const { openSocket, url, log } = this.#parts;
    const helloId = this.#session?.nextId() ?? 1;
    const line: Line = new Line(
      openSocket,
      url,
      {
        opened: () => void this.#greet(line, helloId),
        received: (message) => this.#received(message),
        closed: (cause, final) => this.#closed(cause, final),
      },
      log,
    );
    this.#state = { kind: "opening", line, helloId, failures };
  }

  async #greet(line: Line, id: number): Promise<void> {
    const isWaiting = () => this.#state.kind === "opening" && this.#state.line === line;
    try {
      const token = await this.#tokens.current();
      const { client } = this.#parts.credentials;
      const resume = this.#session === null ? {} : { resume: this.#session.resume() };
      if (isWaiting()) line.send({ type: "hello", id, token, client, ...resume });
    } catch (error) {
      this.#parts.log.warn("There is no token to connect with", error);
      if (isWaiting()) line.end(errorCode("UNAUTHENTICATED"), false);
    }
  }

  #received(message: ServerMessage): void {
    const state = this.#state;
    const isAnswer = message.type === "reply" || message.type === "error";
    if (state.kind === "open") {
      if (isAnswer) state.session.answered(message);
      else this.#happened(message, state.session);
    } else if (state.kind === "opening" && isAnswer && message.id === state.helloId) {
      this.#helloAnswered(state.line, state.helloId, message);
    } else {
      this.#parts.log.warn("Dropped a message that came before the answer to hello", { type: message.type });
    }
  }

  #happened(event: ServerEvent, session: Session): void {
    if (!session.happened(event)) return;
    // What people write to each other is in no log.
    this.#parts.log.debug(`Event ${event.type}`, "text" in event ? { ...event, text: "…" } : event);
    this.#listener.event(event, session);
  }

  #helloAnswered(line: Line, helloId: number, message: Reply | ErrorMessage): void {
    if (message.type === "error") {
      const final = message.code === "UNAUTHENTICATED" || message.code === "INVALID_MESSAGE";
      line.end(new RequestRefused(message).errorCode, final);
    } else if (resultFits("hello", message.result)) {
      this.#welcomed(line, helloId, message.result);
    } else {
      line.end(errorCode("UNKNOWN"), false);
    }
  }

  #welcomed(line: Line, helloId: number, welcome: SessionOpened): void {
    const { identity, displayName } = welcome;
    const failures = this.#state.kind === "opening" ? this.#state.failures : 0;
    const before = this.#told;
    this.#user = { identity, displayName };
    this.#told = "connected";
    clearTimeout(this.#patienceTimer);
    if (!welcome.resumed) this.#loseSession();
    this.#session ??= new Session(welcome, helloId, this.#parts.log);
    const session = this.#session;
    this.#state = { kind: "open", line, session, failures };
    line.keepAlive(welcome.keepAliveSeconds, () => session.ping());
    session.attach((outgoing) => line.send(outgoing), welcome);
    for (const { resolve } of this.#waiters.splice(0)) resolve(session);
    this.#tokens.accepted(new Date(welcome.expiresAt), this.#parts.now(), () => this.#openWithNewToken());
    if (before === "nothing") this.#listener.connected(this.#user);
    else if (before === "reconnecting") this.#listener.reconnected();
  }

  /** Says hello with the newer token over another line; the session goes on, and nobody notices. */
  #openWithNewToken(): void {
    if (this.#state.kind !== "open") return;
    this.#state.line.close(CloseCode.LOST);
    this.#detach(this.#state.session);
    this.#open(0);
  }

  #closed(cause: ErrorCode, final: boolean): void {
    const before = this.#state;
    const wasOpen = before.kind === "open";
    if (wasOpen) this.#detach(before.session);
    const earlier = before.kind === "closed" || (wasOpen && this.#wasCalm()) ? 0 : before.failures + 1;
    const hopeless = final && !(cause.name === "UNAUTHENTICATED" && this.#tokens.refused());
    if (hopeless || (this.#told === "nothing" && earlier >= FIRST_ATTEMPTS)) {
      this.#giveUp(cause, cause.name);
      return;
    }
    this.#waitAndOpen(earlier);
    if (this.#told !== "connected") return;
    this.#told = "reconnecting";
    this.#listener.reconnecting();
  }

  /** The platform keeps the session for a while. */
  #detach(session: Session): void {
    session.detach();
    this.#patienceTimer = setTimeout(() => {
      this.#loseSession();
      // A hello that asks for this session must not bring it back.
      if (this.#state.kind === "opening") this.#state.line.end(errorCode("NETWORK_ERROR"), false);
    }, session.patience);
  }

  /** Whether the socket before this one was lost long ago. */
  #wasCalm(): boolean {
    const now = this.#parts.now().getTime();
    const calm = now - this.#lostAt >= CALM;
    this.#lostAt = now;
    return calm;
  }

  #waitAndOpen(failures: number): void {
    const delay = failures === 0 ? 0 : reconnectDelay(failures, this.#parts.random(), this.#session !== null);
    this.#parts.log.debug(`Connecting again in ${Math.round(delay)} ms`);
    this.#state = { kind: "waiting", timer: setTimeout(() => this.#open(failures), delay), failures };
  }

  #loseSession(): void {
    if (this.#session === null) return;
    this.#session.end();
    this.#session = null;
    this.#listener.lost();
  }

  #giveUp(cause: ErrorCode, reason: string): void {
    this.#state = { kind: "closed" };
    this.#unwatchNetwork();
    clearTimeout(this.#patienceTimer);
    this.#tokens.rest();
    this.#session?.end();
    this.#session = null;
    for (const { reject } of this.#waiters.splice(0)) reject(new RtcError(cause));
    this.#listener.disconnected(cause, reason);
  }
}
