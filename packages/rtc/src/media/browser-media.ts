import type { TotalMediaStats } from "../api/stats.js";
import { wantedCodecs } from "./codecs.js";
import { openDevices } from "./devices.js";
import { AUDIO_SLOTS, type CreateMedia, type LocalMedia, type MediaHandler, VIDEO_SLOTS } from "./handler.js";
import { totalAudioStats } from "./total-stats.js";

/** Reading statistics takes a few milliseconds; a browser that needs longer does without, so that calls end in time. */
const STATS_TIMEOUT = 300;

type Kind = "audio" | "video";

function addTransceiver(
  connection: RTCPeerConnection,
  kind: Kind,
  direction: RTCRtpTransceiverDirection,
): RTCRtpTransceiver {
  const transceiver = connection.addTransceiver(kind, { direction });
  const codecs = wantedCodecs(kind, RTCRtpReceiver.getCapabilities(kind)?.codecs ?? []);
  transceiver.setCodecPreferences(codecs);
  return transceiver;
}

function addSlots(connection: RTCPeerConnection, kind: Kind, count: number): MediaStreamTrack[] {
  return Array.from({ length: count }, () => addTransceiver(connection, kind, "recvonly").receiver.track);
}

/** The media of one call on the browser's RTCPeerConnection. */
export class BrowserMedia implements MediaHandler {
  readonly #connection: RTCPeerConnection;
  readonly #microphone: RTCRtpSender;
  readonly #camera: RTCRtpSender;
  readonly #remoteAudio: MediaStream;
  readonly #videoSlots: readonly MediaStreamTrack[];
  readonly #videos = new Map<string, MediaStream>();
  #unmuted = false;
  #openingMicrophone: Promise<unknown> | null = null;
  #closed = false;

  /** The order of the transceivers is the layout of the offer: microphone, camera, screen, audio slots, video slots. */
  constructor(connectionFailed: () => void) {
    this.#connection = new RTCPeerConnection({ bundlePolicy: "max-bundle" });
    this.#microphone = addTransceiver(this.#connection, "audio", "sendonly").sender;
    this.#camera = addTransceiver(this.#connection, "video", "sendonly").sender;
    addTransceiver(this.#connection, "video", "sendonly");
    this.#remoteAudio = new MediaStream(addSlots(this.#connection, "audio", AUDIO_SLOTS));
    this.#videoSlots = addSlots(this.#connection, "video", VIDEO_SLOTS);
    this.#connection.addEventListener("connectionstatechange", () => {
      if (this.#connection.connectionState === "failed") connectionFailed();
    });
  }

  async open(wanted: LocalMedia): Promise<MediaStream | null> {
    this.#unmuted = wanted.microphone;
    if (!wanted.microphone && !wanted.camera) return null;
    const opening = this.#acquire(wanted);
    if (wanted.microphone) this.#openingMicrophone = opening;
    return opening;
  }

  async setMicrophone(on: boolean): Promise<void> {
    this.#unmuted = on;
    const track = this.#microphone.track;
    if (track !== null) {
      track.enabled = on;
      return;
    }
    if (!on) return;
    this.#openingMicrophone ??= this.#acquire({ microphone: true, camera: false });
    try {
      await this.#openingMicrophone;
    } finally {
      this.#openingMicrophone = null;
    }
  }

  async setCamera(on: boolean): Promise<MediaStream | null> {
    if (on) return this.#acquire({ microphone: false, camera: true });
    const track = this.#camera.track;
    await this.#camera.replaceTrack(null);
    track?.stop();
    return null;
  }

  async createOffer(restart: boolean): Promise<string> {
    const offer = await this.#connection.createOffer({ iceRestart: restart });
    await this.#connection.setLocalDescription(offer);
    return offer.sdp ?? "";
  }

  async acceptAnswer(sdp: string): Promise<void> {
    await this.#connection.setRemoteDescription({ type: "answer", sdp });
  }

  remoteAudio(): MediaStream {
    return this.#remoteAudio;
  }

  showVideo(participantId: string, slot: number): MediaStream {
    const stream = this.#videos.get(participantId) ?? new MediaStream();
    this.#videos.set(participantId, stream);
    for (const track of stream.getTracks()) stream.removeTrack(track);
    const track = this.#videoSlots[slot];
    if (track !== undefined) stream.addTrack(track);
    return stream;
  }

  hideVideo(participantId: string): void {
    this.#videos.delete(participantId);
  }

  async close(): Promise<TotalMediaStats> {
    this.#closed = true;
    this.#microphone.track?.stop();
    this.#camera.track?.stop();
    try {
      return { totalAudioStats: await this.#totals() };
    } finally {
      this.#connection.close();
    }
  }

  async #totals(): Promise<TotalMediaStats["totalAudioStats"]> {
    if (this.#connection.remoteDescription === null) return null;
    const report = await Promise.race([
      this.#connection.getStats().catch(() => null),
      new Promise<null>((resolve) => setTimeout(resolve, STATS_TIMEOUT, null)),
    ]);
    return report === null ? null : totalAudioStats(report.values());
  }

  /** Opens devices and lets them send; gives the camera's stream, if it was wanted. */
  async #acquire(wanted: LocalMedia): Promise<MediaStream | null> {
    const opened = await openDevices(wanted);
    if (this.#closed) {
      for (const track of opened.getTracks()) track.stop();
      return null;
    }
    const [microphone] = opened.getAudioTracks();
    if (microphone !== undefined) {
      microphone.enabled = this.#unmuted;
      await this.#microphone.replaceTrack(microphone);
    }
    const [camera] = opened.getVideoTracks();
    if (camera === undefined) return null;
    await this.#camera.replaceTrack(camera);
    return new MediaStream([camera]);
  }
}

/** Makes the browser's media connection. */
export const createBrowserMedia: CreateMedia = (connectionFailed) => new BrowserMedia(connectionFailed);
