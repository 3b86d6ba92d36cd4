import type { MediaHandler } from "./handler.js";

/** Sends an offer of a connection, counted from 1, and gives the answer. */
export type Exchange = (sdp: string, connection: number) => Promise<string>;

/** The one queue of a call's negotiations: an offer is made only after the answer before it was taken. */
export class Negotiation {
  readonly #media: MediaHandler;
  readonly #exchange: Exchange;
  #connection = 1;
  #last: Promise<unknown> = Promise.resolve();

  constructor(media: MediaHandler, exchange: Exchange) {
    this.#media = media;
    this.#exchange = exchange;
  }

  /**
   * Negotiates once. Rejected when no offer can be made, the platform refuses it, or its answer cannot be used; what
   * comes of it when the connection is replaced meanwhile is of no interest any more.
   */
  negotiate(restart = false): Promise<void> {
    const connection = this.#connection;
    const turn = this.#last
      .then(() => this.#offer(restart, connection))
      .catch((error: unknown) => {
        if (connection === this.#connection) throw error;
      });
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** Replaces the connection by the next one, and makes its first offer. Nothing waits for the one before. */
  renew(): Promise<void> {
    this.#connection += 1;
    this.#last = this.#media.reconnect();
    return this.negotiate();
  }

  async #offer(restart: boolean, connection: number): Promise<void> {
    if (connection !== this.#connection) return;
    const offer = await this.#media.createOffer(restart);
    if (connection !== this.#connection) return;
    const answer = await this.#exchange(offer, connection);
    if (connection === this.#connection) await this.#media.acceptAnswer(answer);
  }
}
