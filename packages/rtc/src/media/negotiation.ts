import type { MediaHandler } from "./handler.js";

/** Sends an offer and gives the answer. */
export type Exchange = (sdp: string) => Promise<string>;

/** The one queue of a media connection's negotiations: an offer is made only after the answer before it was taken. */
export class Negotiation {
  readonly #media: MediaHandler;
  readonly #exchange: Exchange;
  #last: Promise<unknown> = Promise.resolve();

  constructor(media: MediaHandler, exchange: Exchange) {
    this.#media = media;
    this.#exchange = exchange;
  }

  /** Negotiates once. Rejected when no offer can be made, the platform refuses it, or its answer cannot be used. */
  negotiate(restart = false): Promise<void> {
    const turn = this.#last.then(() => this.#offer(restart));
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #offer(restart: boolean): Promise<void> {
    const offer = await this.#media.createOffer(restart);
    const answer = await this.#exchange(offer);
    await this.#media.acceptAnswer(answer);
  }
}
