import { wantedCodecs } from "./codecs.js";
import { AUDIO_SLOTS } from "./handler.js";
import { trimHeaderExtensions } from "./header-extensions.js";
import { CAMERA_LAYERS, cameraLayers } from "./layers.js";

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
    this.camera = this.#addCamera().sender;
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

  /** With as many layers as the browser can send; their sizes follow when there is a picture (`LayeredSender`). */
  #addCamera(): RTCRtpTransceiver {
    const layers = cameraLayers(CAMERA_LAYERS.length, CAMERA_LAYERS.length, undefined);
    const sendEncodings = layers.map((layer, index) => ({ rid: CAMERA_LAYERS[index] ?? "", ...layer }));
    try {
      return this.#add("video", { direction: "sendonly", sendEncodings });
    } catch {
      return this.#add("video", { direction: "sendonly" });
    }
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
