import type { TokenProvider } from "../api/client.js";
import type { Log } from "../log.js";

/** A token is replaced so long before it expires, in milliseconds: long enough for a slow backend and a second attempt. */
const RENEW_BEFORE = 60_000;
/** A backend that could not give a token is asked again after this, in milliseconds. */
const ASK_AGAIN_AFTER = 15_000;
/** Timers of browsers wrap after this, in milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** What proves this side's identity: one token for ever, or a provider of the next one. */
export class Tokens {
  readonly #provider: TokenProvider | null;
  readonly #log: Log;
  #token: string | null;
  /** Whether the platform has taken the token once. One that it never took is not worth another attempt. */
  #proven = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(source: string | TokenProvider, log: Log) {
    this.#provider = typeof source === "string" ? null : source;
    this.#token = typeof source === "string" ? source : null;
    this.#log = log;
  }

  /** The token for a hello. Rejected with what the provider is rejected with. */
  async current(): Promise<string> {
    this.#token ??= (await this.#provider?.()) ?? null;
    if (typeof this.#token !== "string" || this.#token === "") throw new TypeError("The token provider gave no token.");
    return this.#token;
  }

  /** The platform has refused the token; true when another one may do. */
  refused(): boolean {
    if (this.#provider === null) return false;
    const again = this.#proven;
    this.#token = null;
    this.#proven = false;
    return again;
  }

  /** The platform has taken the token. When it comes near its end, the next one is fetched, and then this is done. */
  accepted(expiresAt: Date, now: Date, renewed: () => void): void {
    this.#proven = true;
    if (this.#provider === null) return;
    const left = expiresAt.getTime() - now.getTime();
    // A token that lives for less than two minutes is replaced after half of its life.
    this.#renewIn(Math.max(left / 2, left - RENEW_BEFORE), this.#provider, renewed);
  }

  /** Nobody is connected any more. */
  rest(): void {
    clearTimeout(this.#timer);
  }

  #renewIn(delay: number, provider: TokenProvider, renewed: () => void): void {
    clearTimeout(this.#timer);
    const timer = setTimeout(
      () => {
        provider().then(
          (token) => {
            if (timer !== this.#timer) return;
            this.#token = token;
            renewed();
          },
          (error: unknown) => {
            this.#log.warn("The token provider failed; it is asked again", error);
            if (timer === this.#timer) this.#renewIn(ASK_AGAIN_AFTER, provider, renewed);
          },
        );
      },
      Math.min(Math.max(delay, 0), LONGEST_TIMER),
    );
    this.#timer = timer;
  }
}
