import {
  type ClientMessage,
  type Error as ErrorMessage,
  parseServerMessage,
  type Reply,
  type Results,
  resultFits,
  type ServerEvent,
  type SessionOpened,
} from "@ringback/protocol";
import { type ErrorCode, errorCode, RtcError } from "../api/error-code.js";
import type { Log } from "../log.js";
import { causeOf, RequestRefused } from "./refusal.js";
import type { OpenSocket, Socket } from "./socket.js";

/** The WebSocket sub-protocol. */
const SUB_PROTOCOL = "ringback.rtc.v1";
/** Longer than a slow mobile network needs to open a socket and answer, in milliseconds. */
const OPEN_TIMEOUT = 10_000;
/** Longer than any request takes on a platform that works, in milliseconds. */
export const REQUEST_TIMEOUT = 10_000;
/** After so many keep-alive periods without a word the socket counts as dead. */
const SILENT_PERIODS = 3;

const CLOSED_FOR_INVALID_MESSAGE = 4400;
const CLOSED_FOR_TOKEN = 4401;

type RequestType = keyof Results;
type Fields<T extends RequestType> = Omit<Extract<ClientMessage, { type: T }>, "type" | "id">;

/** Who speaks to the platform. */
export interface Credentials {
  readonly token: string;
  readonly client: { readonly name: string; readonly version: string };
}

/** What a session tells: `opened` at most once, `closed` exactly once unless `close()` was called. */
export interface SessionListener {
  opened(session: SessionOpened): void;
  event(event: ServerEvent): void;
  /** `final` means that another attempt would end the same way. */
  closed(cause: ErrorCode, final: boolean): void;
}

interface Pending {
  readonly type: RequestType;
  answered(message: Reply | ErrorMessage): void;
  lost(): void;
}

/** One connection to the platform from `hello` to its end: requests with their replies, events in sequence, keep-alive. */
export class Session {
  readonly #socket: Socket;
  readonly #listener: SessionListener;
  readonly #log: Log;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #lastSequence = 0;
  #closed = false;
  #keepAlive: number | null = null;
  #pingTimer: ReturnType<typeof setTimeout> | undefined;
  #silenceTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(openSocket: OpenSocket, url: string, credentials: Credentials, listener: SessionListener, log: Log) {
    this.#listener = listener;
    this.#log = log;
    this.#silenceTimer = setTimeout(() => this.#end(errorCode("NETWORK_ERROR"), false), OPEN_TIMEOUT);
    this.#socket = openSocket(url, SUB_PROTOCOL, {
      opened: () => this.#hello(credentials),
      received: (text) => this.#received(text),
      closed: (code) => this.#socketClosed(code),
    });
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
      if (this.#closed) {
        reject(new RtcError(errorCode("NETWORK_ERROR")));
        return;
      }
      const id = this.#send(type, fields, {
        type,
        answered: (message) => {
          clearTimeout(timer);
          if (message.type === "error") reject(new RequestRefused(message));
          else if (resultFits(type, message.result)) resolve(message.result);
          else reject(new RtcError(errorCode("UNKNOWN")));
        },
        lost: () => {
          clearTimeout(timer);
          reject(new RtcError(errorCode("NETWORK_ERROR")));
        },
      });
      const timer =
        timeout === null
          ? undefined
          : setTimeout(() => {
              this.#pending.delete(id);
              reject(new RtcError(errorCode("REQUEST_TIMEOUT")));
            }, timeout);
    });
  }

  /** Closes the connection without telling the listener. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#pingTimer);
    clearTimeout(this.#silenceTimer);
    this.#socket.close();
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const request of pending) request.lost();
  }

  #send<T extends RequestType>(type: T, fields: Fields<T>, pending: Pending): number {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#pending.set(id, pending);
    this.#socket.send(JSON.stringify({ type, id, ...fields }));
    this.#restartPing();
    return id;
  }

  #hello({ token, client }: Credentials): void {
    if (this.#closed) return;
    this.#send(
      "hello",
      { token, client },
      {
        type: "hello",
        answered: (message) => {
          if (message.type === "error") this.#helloRefused(message);
          else if (resultFits("hello", message.result)) this.#opened(message.result);
          else this.#end(errorCode("UNKNOWN"), false);
        },
        lost: () => {},
      },
    );
  }

  #helloRefused(message: ErrorMessage): void {
    const final = message.code === "UNAUTHENTICATED" || message.code === "INVALID_MESSAGE";
    this.#end(causeOf(new RequestRefused(message)), final);
  }

  #opened(session: SessionOpened): void {
    this.#keepAlive = session.keepAliveSeconds * 1000;
    this.#restartPing();
    this.#restartSilence();
    this.#listener.opened(session);
  }

  #received(text: string): void {
    if (this.#closed) return;
    this.#restartSilence();
    const message = parseServerMessage(text);
    switch (message.type) {
      case "unfit":
        this.#log.warn("Dropped a message that does not fit the protocol", message);
        return;
      case "reply":
      case "error":
        this.#answered(message);
        return;
      default:
        this.#happened(message);
    }
  }

  #answered(message: Reply | ErrorMessage): void {
    const pending = message.id === null ? undefined : this.#pending.get(message.id);
    if (message.id === null || pending === undefined) {
      this.#log.warn("Dropped an answer without a request", { id: message.id, type: message.type });
      return;
    }
    this.#pending.delete(message.id);
    if (message.type === "error") this.#log.debug(`The platform refused ${pending.type}`, message);
    pending.answered(message);
  }

  #happened(event: ServerEvent): void {
    if (event.sequence <= this.#lastSequence) {
      this.#log.warn("Dropped an event that came twice", { sequence: event.sequence, type: event.type });
      return;
    }
    if (event.sequence > this.#lastSequence + 1) {
      this.#log.warn("Events are missing", { after: this.#lastSequence, before: event.sequence });
    }
    this.#lastSequence = event.sequence;
    this.#log.debug(`Event ${event.type}`, event);
    this.#listener.event(event);
  }

  #socketClosed(code: number): void {
    if (code === CLOSED_FOR_TOKEN) this.#end(errorCode("UNAUTHENTICATED"), true);
    else if (code === CLOSED_FOR_INVALID_MESSAGE) this.#end(errorCode("INVALID_REQUEST"), true);
    else this.#end(errorCode("NETWORK_ERROR"), false);
  }

  #end(cause: ErrorCode, final: boolean): void {
    if (this.#closed) return;
    this.close();
    this.#listener.closed(cause, final);
  }

  #restartPing(): void {
    clearTimeout(this.#pingTimer);
    if (this.#keepAlive === null) return;
    this.#pingTimer = setTimeout(() => {
      this.request("ping", { received: this.#lastSequence }).catch((error: unknown) =>
        this.#log.debug("A ping failed", error),
      );
    }, this.#keepAlive);
  }

  #restartSilence(): void {
    if (this.#keepAlive === null) return;
    clearTimeout(this.#silenceTimer);
    this.#silenceTimer = setTimeout(
      () => this.#end(errorCode("NETWORK_ERROR"), false),
      this.#keepAlive * SILENT_PERIODS,
    );
  }
}
