import { computed, signal } from "@preact/signals";
import { RtcError } from "@ringback/rtc";
import type { Chat } from "./chat";
import { deviceProblem, isDeviceProblem, type MediaProblem } from "./problems";

/** What a person asked for: to call somebody, or to be in a room. */
export type Destination =
  | { readonly kind: "call"; readonly identity: string; readonly name: string }
  | { readonly kind: "room"; readonly name: string };

export type Phase = "calling" | "ringing" | "connecting" | "connected" | "ended";

/** Somebody else, as the page shows them. */
export interface Tile {
  readonly id: string;
  readonly name: string;
  readonly muted: boolean;
  readonly joining: boolean;
  readonly talking: boolean;
  /** The platform hears nothing of them at the moment. */
  readonly absent: boolean;
  readonly video: MediaStream | null;
  readonly screen: MediaStream | null;
  /** The picture waits, because the line carries too little. */
  readonly videoWaits: boolean;
  readonly screenWaits: boolean;
}

/** How it ended: the platform's name for the reason, and whether this side asked for it. */
export interface Ending {
  readonly reason: string;
  readonly byMe: boolean;
  readonly seconds: number | null;
}

/** What the page asks of the SDK's call, whichever kind it is. */
export interface Line {
  mute(muted: boolean): Promise<void>;
  cameraVideo(on: boolean): Promise<void>;
  screenShare(on: boolean): Promise<void>;
  useMicrophone(deviceId: string): Promise<void>;
  useCamera(deviceId: string): Promise<void>;
  watchDisplay(stream: MediaStream, element: Element): () => void;
  end(): void;
}

/** What a call starts with: unmuted, and with the camera on. Named as the SDK names them. */
export interface Media {
  readonly audio: boolean;
  readonly video: boolean;
}

export interface ConversationStart {
  /** Tells two conversations with the same destination apart. */
  readonly serial: number;
  readonly destination: Destination;
  /** Who rang: decides how the end is told. */
  readonly incoming: boolean;
  /** The other person's name, or the room's. */
  readonly name: string;
  readonly phase: Phase;
  readonly media: Media;
}

const MILLISECONDS = 1000; // in a second

/** One call or one stay in a room, from its first ring to its end card. */
export class Conversation {
  readonly serial: number;
  readonly destination: Destination;
  readonly incoming: boolean;
  /** What the other person or the room is called. */
  readonly name;
  readonly phase;
  readonly tiles = signal<readonly Tile[]>([]);
  readonly remoteAudio = signal<MediaStream | null>(null);
  readonly ownVideo = signal<MediaStream | null>(null);
  readonly muted;
  readonly camera;
  /** A button was pressed and the SDK has not answered yet. */
  readonly cameraBusy = signal(false);
  readonly sharing = signal(false);
  readonly sharingBusy = signal(false);
  /** The platform hears this side speak. */
  readonly talking = signal(false);
  /** Nothing comes or goes at the moment; the SDK works on it. */
  readonly interrupted = signal(false);
  readonly chat = signal<Chat | null>(null);
  readonly mediaProblem = signal<MediaProblem | null>(null);
  readonly actionFailed = signal(false);
  readonly connectedAt = signal<number | null>(null);
  readonly ending = signal<Ending | null>(null);
  readonly ended = computed(() => this.phase.value === "ended");
  private line: Line | null = null;
  private askedToEnd = false;

  constructor(
    start: ConversationStart,
    private readonly now: () => number,
  ) {
    this.serial = start.serial;
    this.destination = start.destination;
    this.incoming = start.incoming;
    this.name = signal(start.name);
    this.phase = signal<Phase>(start.phase);
    this.muted = signal(!start.media.audio);
    this.camera = signal(start.media.video);
  }

  attach(line: Line): void {
    this.line = line;
  }

  async toggleMute(): Promise<void> {
    await this.attempt("microphone", async (line) => {
      const muted = !this.muted.value;
      await line.mute(muted);
      this.muted.value = muted;
    });
  }

  async toggleCamera(): Promise<void> {
    if (this.cameraBusy.value) return;
    this.cameraBusy.value = true;
    this.mediaProblem.value = null;
    await this.attempt("camera", async (line) => {
      const on = !this.camera.value;
      await line.cameraVideo(on);
      this.camera.value = on;
    });
    this.cameraBusy.value = false;
  }

  /** Refusing to choose a screen is an answer, not a failure. */
  async toggleSharing(): Promise<void> {
    if (this.sharingBusy.value || this.line === null) return;
    this.sharingBusy.value = true;
    this.actionFailed.value = false;
    try {
      await this.line.screenShare(!this.sharing.value);
    } catch (error) {
      const refused = error instanceof RtcError && error.errorCode.name === "DEVICE_FORBIDDEN";
      this.actionFailed.value = !refused && !this.ended.value;
    }
    this.sharingBusy.value = false;
  }

  async useMicrophone(deviceId: string): Promise<void> {
    await this.attempt("microphone", (line) => line.useMicrophone(deviceId));
  }

  async useCamera(deviceId: string): Promise<void> {
    await this.attempt("camera", (line) => line.useCamera(deviceId));
  }

  /** Lets nobody send a larger picture than this element shows; to be called in the life of the element. */
  watch(stream: MediaStream, element: Element): () => void {
    return this.line?.watchDisplay(stream, element) ?? (() => {});
  }

  end(): void {
    this.askedToEnd = true;
    this.line?.end();
  }

  // What the SDK's events tell (lines.ts).

  rings(): void {
    if (this.phase.value === "calling") this.phase.value = "ringing";
  }

  connects(audio: MediaStream | null): void {
    if (audio !== null) this.remoteAudio.value = audio;
    this.connectedAt.value ??= this.now();
    this.phase.value = "connected";
  }

  shows(tile: Tile): void {
    const known = this.tiles.value.some(({ id }) => id === tile.id);
    this.tiles.value = known
      ? this.tiles.value.map((other) => (other.id === tile.id ? tile : other))
      : [...this.tiles.value, tile];
  }

  removes(id: string): void {
    this.tiles.value = this.tiles.value.filter((tile) => tile.id !== id);
  }

  ownCamera(stream: MediaStream | null): void {
    this.ownVideo.value = stream;
    this.camera.value = stream !== null;
  }

  ends(reason: string): void {
    if (this.ended.value) return;
    const since = this.connectedAt.value;
    const seconds = since === null ? null : Math.floor((this.now() - since) / MILLISECONDS);
    this.ending.value = { reason, byMe: this.askedToEnd, seconds };
    this.tiles.value = [];
    this.sharing.value = false;
    this.interrupted.value = false;
    this.remoteAudio.value = null;
    this.ownVideo.value = null;
    this.phase.value = "ended";
  }

  private async attempt(device: MediaProblem["device"], action: (line: Line) => Promise<void>): Promise<void> {
    if (this.line === null || this.ended.value) return;
    this.actionFailed.value = false;
    try {
      await action(this.line);
    } catch (error) {
      const reason = error instanceof RtcError ? error.errorCode.name : "";
      if (isDeviceProblem(reason)) this.mediaProblem.value = { device, problem: deviceProblem(reason) };
      else this.actionFailed.value = !this.ended.value;
    }
  }
}
