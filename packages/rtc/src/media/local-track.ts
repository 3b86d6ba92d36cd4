/** What one m-line of this side sends: a track that is replaced without negotiation, and stopped when it is not sent. */
export class LocalTrack {
  readonly #sender: RTCRtpSender;
  readonly #ended: () => void;
  #closed = false;

  /** @param ended - called when the track that is sent ends by itself: its plug was pulled, its window closed */
  constructor(sender: RTCRtpSender, ended: () => void) {
    this.#sender = sender;
    this.#ended = ended;
  }

  /** What is sent now. */
  current(): MediaStreamTrack | null {
    return this.#sender.track;
  }

  /** Sends this track from now on, or nothing. */
  async use(track: MediaStreamTrack | null): Promise<void> {
    if (this.#closed) {
      track?.stop();
      return;
    }
    const before = this.#sender.track;
    track?.addEventListener("ended", () => {
      if (!this.#closed && this.#sender.track === track) this.#ended();
    });
    await this.#sender.replaceTrack(track);
    if (before !== track) before?.stop();
  }

  /** Stops for good. */
  close(): void {
    this.#closed = true;
    this.#sender.track?.stop();
  }
}
