import { wantedCodecs } from "./codecs.js";
import { AUDIO_SLOTS } from "./handler.js";
import { trimHeaderExtensions } from "./header-extensions.js";

type Kind = "audio" | "video";

/** One RTCPeerConnection in the layout of the offer: microphone, camera, screen, audio slots, video slots. */
export class Peer {
  readonly connection = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  readonly microphone: RTCRtpSender;
  readonly camera: RTCRtpSender;
  readonly screen: RTCRtpSender;
  readonly audioSlots: readonly MediaStreamTrack[];
  readonly #videoSlots: MediaStreamTrack[] = [];

  /** The order of the transceivers is the layout. */
  constructor(videoSlots: number) {
    this.microphone = this.#add("audio", { direction: "sendonly" }).sender;
    this.camera = this.#add("video", { direction: "sendonly" }).sender;
    this.screen = this.#add("video", { direction: "sendonly" }).sender;
    this.audioSlots = this.#slots("audio", AUDIO_SLOTS);
    this.addVideoSlots(videoSlots);
  }

  get videoSlots(): readonly MediaStreamTrack[] {
    return this.#videoSlots;
  }

  addVideoSlots(count: number): void {
    this.#videoSlots.push(...this.#slots("video", count));
  }

  #slots(kind: Kind, count: number): MediaStreamTrack[] {
    return Array.from({ length: count }, () => this.#add(kind, { direction: "recvonly" }).receiver.track);
  }

  #add(kind: Kind, init: RTCRtpTransceiverInit): RTCRtpTransceiver {
    const transceiver = this.connection.addTransceiver(kind, init);
    const codecs = wantedCodecs(kind, RTCRtpReceiver.getCapabilities?.(kind)?.codecs ?? []);
    // Older browsers cannot choose; their offers are longer, and do as well.
    transceiver.setCodecPreferences?.(codecs);
    trimHeaderExtensions(transceiver);
    return transceiver;
  }
}
