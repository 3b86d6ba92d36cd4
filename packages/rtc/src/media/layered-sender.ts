import { VideoQuality } from "../api/video.js";
import { Encodings } from "./encodings.js";
import { cameraLayers } from "./layers.js";

/** More layers than anybody sends: nobody has said yet that fewer do. */
const ALL = Number.POSITIVE_INFINITY;

/** Lets one m-line send only the layers that somebody needs, and no more than the application wishes. */
export class LayeredSender {
  readonly #encodings: Encodings;
  #wanted = ALL;
  #quality: VideoQuality;

  constructor(sender: RTCRtpSender, quality: VideoQuality = VideoQuality.HIGH) {
    this.#quality = quality;
    this.#encodings = new Encodings(sender, (count, track) => {
      const { width, height } = track?.getSettings() ?? {};
      const lines = width === undefined || height === undefined ? undefined : Math.min(width, height);
      return cameraLayers(count, this.#wanted, lines, this.#quality);
    });
  }

  /** Sends so many layers from now on, from the smallest up; with 0 the track stays and nothing is sent. */
  want(layers: number): void {
    this.#wanted = layers;
    this.adjust();
  }

  /** Sends this quality at most. */
  limit(quality: VideoQuality): void {
    this.#quality = quality;
    this.adjust();
  }

  /** Goes on with the m-line of another connection, of which nobody has said yet that fewer layers do. */
  moveTo(sender: RTCRtpSender): void {
    this.#wanted = ALL;
    this.#encodings.moveTo(sender);
  }

  /** The picture may have another size, or the connection another number of layers. */
  adjust(): void {
    this.#encodings.adjust();
  }
}
