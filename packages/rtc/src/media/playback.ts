import { errorCode, RtcError } from "../api/error-code.js";
import { deviceError } from "./devices.js";

/** Makes a sound again that the browser has refused; to be called in answer to a click. */
export type Resume = () => Promise<void>;

/** Calls back at every click into the page, until the function that it gives back is called. */
export type WatchClicks = (clicked: () => void) => () => void;

/** Sees clicks also where the page keeps them to itself. */
export const watchClicks: WatchClicks = (clicked) => {
  const { document } = globalThis;
  document.addEventListener("click", clicked, { capture: true });
  return () => document.removeEventListener("click", clicked, { capture: true });
};

/** The default loudspeaker, as `setSinkId` calls it. */
const DEFAULT_OUTPUT = "";

/** The elements in which the SDK plays, all of them on one loudspeaker. */
export class Playback {
  readonly #watchClicks: WatchClicks;
  readonly #elements = new Set<HTMLMediaElement>();
  #output = DEFAULT_OUTPUT;

  constructor(watchClicks: WatchClicks) {
    this.#watchClicks = watchClicks;
  }

  /** The loudspeaker in use, or null for the default one. */
  output(): string | null {
    return this.#output === DEFAULT_OUTPUT ? null : this.#output;
  }

  /**
   * Plays on this loudspeaker from now on, or on the default one. Rejected with an {@link RtcError}: `FEATURE_UNAVAILABLE`
   * where the browser cannot choose, or a `DEVICE_…` code; then it stays as it was.
   */
  async useOutput(deviceId: string | null): Promise<void> {
    const output = deviceId ?? DEFAULT_OUTPUT;
    if (output === this.#output) return;
    if (globalThis.HTMLMediaElement?.prototype.setSinkId === undefined) {
      throw new RtcError(errorCode("FEATURE_UNAVAILABLE"));
    }
    try {
      // Somebody who is not in use tells whether there is such a device.
      await new Audio().setSinkId(output);
    } catch (error) {
      throw deviceError(error);
    }
    this.#output = output;
    for (const element of this.#elements) route(element, output);
  }

  /**
   * Plays a stream in an element, until the function that it gives back is called. When the browser allows no sound
   * before a click, `blocked` is told, and it is tried again at each click.
   */
  attach(element: HTMLMediaElement, stream: MediaStream, blocked: (resume: Resume) => void): () => void {
    const wasMuted = element.muted;
    // Browsers let everything play that makes no sound, and the sound of a call is in no stream of video.
    if (stream.getAudioTracks().length === 0) element.muted = true;
    // Phones would show the video over the whole screen; and a stream without tracks for a moment ends what it plays.
    element.setAttribute("playsinline", "");
    element.autoplay = true;
    element.srcObject = stream;
    this.#elements.add(element);
    if (this.#output !== DEFAULT_OUTPUT) route(element, this.#output);

    let stopWaiting = () => {};
    const resume = async (): Promise<void> => {
      await element.play();
      stopWaiting();
    };
    resume().catch((error: unknown) => {
      if (!(error instanceof Error) || error.name !== "NotAllowedError" || element.srcObject !== stream) return;
      stopWaiting = this.#watchClicks(() => void resume().catch(() => {}));
      blocked(() => resume().catch((refused: unknown) => Promise.reject(deviceError(refused))));
    });

    return () => {
      stopWaiting();
      if (element.srcObject !== stream) return;
      this.#elements.delete(element);
      element.srcObject = null;
      element.muted = wasMuted;
    };
  }
}

/** An element that cannot be moved goes on where it is. */
function route(element: HTMLMediaElement, output: string): void {
  element.setSinkId?.(output).catch(() => {});
}
