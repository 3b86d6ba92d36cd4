import type { TotalMediaStats } from "../api/stats.js";
import type { Log } from "../log.js";
import type { LocalMedia, MediaHandler } from "../media/handler.js";
import { type Exchange, Negotiation } from "../media/negotiation.js";
import { Publishing, type PublishingListener, type Tell } from "../media/publishing.js";
import { Videos, type VideosListener } from "./videos.js";

/** What the media of a call asks of the call. */
export interface CallMediaParts {
  readonly wanted: LocalMedia;
  readonly tell: Tell;
  readonly exchange: Exchange;
  readonly publishing: PublishingListener;
  readonly videos: Omit<VideosListener, "grown">;
  readonly log: Log;
}

/** What a call has measured that never had a media connection. */
export const NOTHING_MEASURED: TotalMediaStats = { totalAudioStats: null };

/** The media of one call: its connection, what it sends, what it shows, and the one queue of its offers. */
export class CallMedia {
  readonly handler: MediaHandler;
  readonly publishing: Publishing;
  readonly videos: Videos;
  readonly #negotiation: Negotiation;
  readonly #log: Log;
  #totals: Promise<TotalMediaStats> | null = null;

  constructor(handler: MediaHandler, { wanted, tell, exchange, publishing, videos, log }: CallMediaParts) {
    this.handler = handler;
    this.publishing = new Publishing(handler, wanted, tell, publishing, log);
    this.videos = new Videos(handler, { ...videos, grown: () => this.offerAgain() });
    this.#negotiation = new Negotiation(handler, exchange);
    this.#log = log;
  }

  /** Makes the first offer; a call without media is none. */
  offer(): Promise<void> {
    return this.#negotiation.negotiate();
  }

  /** Makes a later offer; a call that has media goes on without what this one was for. */
  offerAgain(restart = false): void {
    this.#negotiation.negotiate(restart).catch((error: unknown) => {
      if (this.#totals === null) this.#log.warn("A later offer was not taken", error);
    });
  }

  /** The platform's side of the connection is gone: makes the next one and offers it. */
  reconnect(): Promise<void> {
    this.videos.reconnected();
    return this.#negotiation.renew();
  }

  /** Closes the connection, once, and gives what it measured. */
  close(): Promise<TotalMediaStats> {
    this.videos.stop();
    this.#totals ??= this.handler.close().catch(() => NOTHING_MEASURED);
    return this.#totals;
  }
}
