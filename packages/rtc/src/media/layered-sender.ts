import { cameraLayers } from "./layers.js";

/** More layers than anybody sends: nobody has said yet that fewer do. */
const ALL = Number.POSITIVE_INFINITY;

/** Lets one m-line send only the layers that somebody needs. Their parameters are changed one after the other. */
export class LayeredSender {
  #sender: RTCRtpSender;
  #wanted = ALL;
  #changing: Promise<void> | null = null;
  #changed = false;

  constructor(sender: RTCRtpSender) {
    this.#sender = sender;
  }

  /** Sends so many layers from now on, from the smallest up; with 0 the track stays and nothing is sent. */
  want(layers: number): void {
    this.#wanted = layers;
    this.adjust();
  }

  /** Goes on with the m-line of another connection, of which nobody has said yet that fewer layers do. */
  moveTo(sender: RTCRtpSender): void {
    this.#sender = sender;
    this.want(ALL);
  }

  /** The picture may have another size, or the connection another number of layers. */
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
    const { width, height } = this.#sender.track?.getSettings() ?? {};
    const lines = width === undefined || height === undefined ? undefined : Math.min(width, height);
    const layers = cameraLayers(parameters.encodings.length, this.#wanted, lines);
    const before = JSON.stringify(parameters.encodings);
    for (const [index, encoding] of parameters.encodings.entries()) Object.assign(encoding, layers[index]);
    if (JSON.stringify(parameters.encodings) !== before) await this.#sender.setParameters(parameters);
  }
}
