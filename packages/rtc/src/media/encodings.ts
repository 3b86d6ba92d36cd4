/** How one encoding of an m-line is sent; a limit that is undefined is the browser's business. */
export interface Encoding {
  readonly active: boolean;
  readonly scaleResolutionDownBy?: number;
  /** In bits per second. */
  readonly maxBitrate: number | undefined;
  /** In pictures per second. */
  readonly maxFramerate?: number;
}

/** Says how a track is to be sent in so many encodings. */
export type EncodingWish = (count: number, track: MediaStreamTrack | null) => readonly Encoding[];

/** Brings the encodings of one m-line to the latest wish. Browsers take one change after the other. */
export class Encodings {
  readonly #wish: EncodingWish;
  #sender: RTCRtpSender;
  #changing: Promise<void> | null = null;
  #changed = false;

  constructor(sender: RTCRtpSender, wish: EncodingWish) {
    this.#sender = sender;
    this.#wish = wish;
  }

  /** Goes on with the m-line of another connection. */
  moveTo(sender: RTCRtpSender): void {
    this.#sender = sender;
    this.adjust();
  }

  /** The wish may be another one, the track have another size, or the connection another number of encodings. */
  adjust(): void {
    this.#changed = true;
    this.#changing ??= this.#change();
  }

  async #change(): Promise<void> {
    while (this.#changed) {
      this.#changed = false;
      try {
        await this.#setParameters();
      } catch {
        // The connection was closed, or the browser cannot: then it sends more than somebody needs.
      }
    }
    this.#changing = null;
  }

  async #setParameters(): Promise<void> {
    const parameters = this.#sender.getParameters();
    const wishes = this.#wish(parameters.encodings.length, this.#sender.track);
    const before = JSON.stringify(parameters.encodings);
    for (const [index, encoding] of parameters.encodings.entries()) Object.assign(encoding, wishes[index]);
    if (JSON.stringify(parameters.encodings) !== before) await this.#sender.setParameters(parameters);
  }
}
