import type { VideoCodec } from "../api/video.js";
import { AUDIO, MICROPHONE, onlyVideo, VIDEO, wantedCodecs } from "./codecs.js";
import { AUDIO_SLOTS } from "./handler.js";
import { trimHeaderExtensions } from "./header-extensions.js";
import { CAMERA_LAYERS, cameraLayers } from "./layers.js";

type Kind = "audio" | "video";

const SENT = { direction: "sendonly" } as const;
const RECEIVED = { direction: "recvonly" } as const;

/** One RTCPeerConnection in the layout of the offer: microphone, camera, screen, audio slots, video slots. */
export class Peer {
  readonly connection = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
  readonly microphone: RTCRtpSender;
  readonly camera: RTCRtpSender;
  readonly screen: RTCRtpSender;
  readonly audioSlots: readonly MediaStreamTrack[];
  readonly #audioSlots: readonly RTCRtpTransceiver[];
  readonly #videoSlots: MediaStreamTrack[] = [];

  /**
   * The order of the transceivers is the layout.
   *
   * @param codec - for this side's pictures, where the browser and the platform know it
   */
  constructor(videoSlots: number, codec: VideoCodec) {
    this.microphone = this.#add("audio", SENT, MICROPHONE).sender;
    const isKnown = knownCodecs("video", onlyVideo(codec)).some(({ mimeType }) => !/rtx$/i.test(mimeType));
    const sent = isKnown ? onlyVideo(codec) : VIDEO;
    this.camera = this.#addCamera(sent).sender;
    this.screen = this.#add("video", SENT, sent).sender;
    this.#audioSlots = Array.from({ length: AUDIO_SLOTS }, () => this.#add("audio", RECEIVED, AUDIO));
    this.audioSlots = this.#audioSlots.map(({ receiver }) => receiver.track);
    this.addVideoSlots(videoSlots);
  }

  get videoSlots(): readonly MediaStreamTrack[] {
    return this.#videoSlots;
  }

  /** The names of the audio slots in statistics; null before the first offer. */
  audioMids(): (string | null)[] {
    return this.#audioSlots.map(({ mid }) => mid);
  }

  addVideoSlots(count: number): void {
    for (let added = 0; added < count; added += 1) {
      this.#videoSlots.push(this.#add("video", RECEIVED, VIDEO).receiver.track);
    }
  }

  /** With as many layers as the browser can send; their sizes follow when there is a picture (`LayeredSender`). */
  #addCamera(codecs: readonly string[]): RTCRtpTransceiver {
    const [first] = knownCodecs("video", codecs);
    // What is not VP8 is sent in one size: not all browsers make layers of it that others can do without.
    if (first !== undefined && first.mimeType.toLowerCase() !== "video/vp8") return this.#add("video", SENT, codecs);
    const layers = cameraLayers(CAMERA_LAYERS.length, CAMERA_LAYERS.length, undefined);
    const sendEncodings = layers.map((layer, index) => ({ rid: CAMERA_LAYERS[index] ?? "", ...layer }));
    try {
      return this.#add("video", { ...SENT, sendEncodings }, codecs);
    } catch {
      return this.#add("video", SENT, codecs);
    }
  }

  #add(kind: Kind, init: RTCRtpTransceiverInit, codecs: readonly string[]): RTCRtpTransceiver {
    const transceiver = this.connection.addTransceiver(kind, init);
    // Older browsers cannot choose; their offers are longer, and do as well.
    transceiver.setCodecPreferences?.(knownCodecs(kind, codecs));
    trimHeaderExtensions(transceiver);
    return transceiver;
  }
}

function knownCodecs(kind: Kind, codecs: readonly string[]): RTCRtpCodec[] {
  return wantedCodecs(codecs, RTCRtpReceiver.getCapabilities?.(kind)?.codecs ?? []);
}
