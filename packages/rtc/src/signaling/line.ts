import { parseServerMessage, type ServerMessage } from "@ringback/protocol";
import { type ErrorCode, errorCode } from "../api/error-code.js";
import type { Log } from "../log.js";
import type { OpenSocket, Socket } from "./socket.js";

/** The WebSocket sub-protocol. */
const SUB_PROTOCOL = "ringback.rtc.v1";
/** Longer than a slow mobile network needs to open a socket and answer, in milliseconds. */
const OPEN_TIMEOUT = 10_000;
/** Longer than most networks need to answer a ping, in milliseconds. A slower one costs a new socket for the same session. */
const PROBE_TIMEOUT = 1_500;
/** After so many keep-alive periods without a word the socket counts as dead. */
export const SILENT_PERIODS = 3;

const CLOSED_FOR_INVALID_MESSAGE = 4400;
const CLOSED_FOR_TOKEN = 4401;

/** How this side closes. `DONE` ends the session too; after `LOST` the platform keeps it for the next socket. */
export const CloseCode = { DONE: 1000, LOST: 4000 } as const;
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

/** What a line tells: `closed` exactly once, and nothing after it or after `close()`. */
export interface LineListener {
  /** The socket is open: say hello. */
  opened(): void;
  received(message: ServerMessage): void;
  /** `final` means that another attempt would end the same way. */
  closed(cause: ErrorCode, final: boolean): void;
}

/** One socket to the platform, watched for its silence. */
export class Line {
  readonly #socket: Socket;
  readonly #listener: LineListener;
  readonly #log: Log;
  #closed = false;
  #silence = OPEN_TIMEOUT;
  #silenceTimer: ReturnType<typeof setTimeout> | undefined;
  #pingTimer: ReturnType<typeof setInterval> | undefined;
  #ping: () => void = () => {};

  constructor(openSocket: OpenSocket, url: string, listener: LineListener, log: Log) {
    this.#listener = listener;
    this.#log = log;
    this.#watch(OPEN_TIMEOUT);
    this.#socket = openSocket(url, SUB_PROTOCOL, {
      opened: () => {
        if (!this.#closed) this.#listener.opened();
      },
      received: (text) => this.#received(text),
      closed: (code) => this.#socketClosed(code),
    });
  }

  send(message: object): void {
    this.#socket.send(JSON.stringify(message));
  }

  /** From now on the line pings, and gives up a platform that says nothing for three periods. */
  keepAlive(seconds: number, ping: () => void): void {
    this.#ping = ping;
    this.#silence = seconds * 1000 * SILENT_PERIODS;
    this.#watch(this.#silence);
    clearInterval(this.#pingTimer);
    this.#pingTimer = setInterval(ping, seconds * 1000);
  }

  /** The network may have changed: finds out soon whether the platform can still be reached over this socket. */
  probe(): void {
    this.#watch(PROBE_TIMEOUT);
    this.#ping();
  }

  /** Closes without telling the listener. */
  close(code: CloseCode): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#pingTimer);
    clearTimeout(this.#silenceTimer);
    this.#socket.close(code);
  }

  /** Closes, and tells the listener; the session may go on over another line. */
  end(cause: ErrorCode, final: boolean): void {
    if (this.#closed) return;
    this.close(CloseCode.LOST);
    this.#listener.closed(cause, final);
  }

  #received(text: string): void {
    if (this.#closed) return;
    this.#watch(this.#silence);
    const message = parseServerMessage(text);
    if (message.type === "unfit") this.#log.warn("Dropped a message that does not fit the protocol", message);
    else this.#listener.received(message);
  }

  #socketClosed(code: number): void {
    if (code === CLOSED_FOR_TOKEN) this.end(errorCode("UNAUTHENTICATED"), true);
    else if (code === CLOSED_FOR_INVALID_MESSAGE) this.end(errorCode("INVALID_REQUEST"), true);
    else this.end(errorCode("NETWORK_ERROR"), false);
  }

  #watch(silence: number): void {
    clearTimeout(this.#silenceTimer);
    this.#silenceTimer = setTimeout(() => this.end(errorCode("NETWORK_ERROR"), false), silence);
  }
}
