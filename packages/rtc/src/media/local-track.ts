/** What one m-line of this side sends: a track that is replaced without negotiation, and stopped when it is not sent. */
export class LocalTrack {
  readonly #ended: () => void;
  #sender: RTCRtpSender;
  #track: MediaStreamTrack | null = null;
  #closed = false;

  /** @param ended - called when the track that is sent ends by itself: its plug was pulled, its window closed */
  constructor(sender: RTCRtpSender, ended: () => void) {
    this.#sender = sender;
    this.#ended = ended;
  }

  /** What is sent now. */
  current(): MediaStreamTrack | null {
    return this.#track;
  }

  /** Sends this track from now on, or nothing. */
  async use(track: MediaStreamTrack | null): Promise<void> {
    if (this.#closed) {
      track?.stop();
      return;
    }
    const before = this.#track;
    const sender = this.#sender;
    this.#track = track;
    track?.addEventListener("ended", () => {
      if (!this.#closed && this.#track === track) this.#ended();
    });
    try {
      await sender.replaceTrack(track);
    } catch (error) {
      // The m-line of a newer connection has taken the track; the one before was closed under our hands.
      if (sender === this.#sender) {
        this.#track = before;
        throw error;
      }
    }
    if (before !== track) before?.stop();
  }

  /** Sends on this m-line from now on, of another connection: the track stays open. */
  async moveTo(sender: RTCRtpSender): Promise<void> {
    this.#sender = sender;
    if (!this.#closed) await sender.replaceTrack(this.#track);
  }

  /** Stops for good. */
  close(): void {
    this.#closed = true;
    this.#track?.stop();
  }
}
