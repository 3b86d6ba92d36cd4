import type { Participant, SlotPreference } from "@ringback/protocol";
import type { StopWatching } from "../api/calls.js";
import type { WatchOptions } from "../api/options.js";
import type { ObserveSize } from "../media/element-size.js";
import type { MediaHandler } from "../media/handler.js";
import { type Change, changes, firstVideos, type VideoSource, videoId } from "./changes.js";
import { type DisplaySize, DisplaySizes } from "./display-sizes.js";
import type { Snapshot } from "./snapshot.js";

/** What is told of the others' videos. */
export interface VideosListener {
  /** There are more slots than were offered. */
  grown(): void;
  /** Something changed; a visible video comes with its stream. */
  changed(change: Change, stream: MediaStream | null): void;
  /** Videos are shown in other sizes; the slots are those of which this is news. */
  resized(slots: SlotPreference[]): Promise<unknown>;
  readonly observeSize: ObserveSize;
  /** Whether nobody is interested any more: a listener may end the call. */
  isOver(): boolean;
}

interface Visible {
  readonly participantId: string;
  readonly source: VideoSource;
  readonly slot: number;
  readonly stream: MediaStream;
  readonly paused: boolean;
}

/** What is seen of the others: brings their videos out of the slots, and has as many slots as the platform says. */
export class Videos {
  readonly #handler: MediaHandler;
  readonly #listener: VideosListener;
  readonly #sizes: DisplaySizes;
  readonly #visible = new Map<string, Visible>();
  #pausedSlots: readonly number[] = [];

  constructor(handler: MediaHandler, listener: VideosListener) {
    this.#handler = handler;
    this.#listener = listener;
    this.#sizes = new DisplaySizes((slots) => listener.resized(slots));
  }

  /** The conversation is entered. */
  enter(snapshot: Snapshot): void {
    this.#pausedSlots = [];
    this.#follow(snapshot, firstVideos(snapshot));
  }

  /** The conversation has changed. */
  change(before: Snapshot, after: Snapshot): void {
    this.#follow(after, changes(before, after));
  }

  /** These slots, and no others, carry nothing for want of bandwidth. */
  pause(snapshot: Snapshot, slots: readonly number[]): void {
    this.#pausedSlots = slots;
    this.#tellPaused(snapshot);
  }

  /** The connection is another one: the platform has forgotten sizes, and which slots were paused. */
  reconnected(): void {
    this.#pausedSlots = [];
    this.#sizes.tellAgain();
  }

  /** Follows how large an element shows a stream. A stream that is no visible video is not of interest. */
  watch(stream: MediaStream, element: Element, { pinned = false }: WatchOptions): StopWatching {
    const place = Symbol();
    const show = (size: DisplaySize | null): void => {
      for (const [id, visible] of this.#visible) if (visible.stream === stream) this.#sizes.show(id, place, size);
    };
    const stop = this.#listener.observeSize(element, (size) => show({ ...size, pinned }));
    return () => {
      stop();
      show(null);
    };
  }

  /** Asks for no pictures for now, also not for those that come later, or for all again. */
  pauseIncoming(paused: boolean): void {
    this.#sizes.pause(paused);
  }

  stop(): void {
    this.#sizes.stop();
  }

  #follow(snapshot: Snapshot, found: readonly Change[]): void {
    if (this.#handler.addVideoSlots(snapshot.videoSlots)) this.#listener.grown();
    for (const change of found) {
      if (this.#listener.isOver()) return;
      this.#listener.changed(change, this.#streamAfter(change));
    }
    if (found.length > 0) this.#sizes.follow(new Map([...this.#visible].map(([id, { slot }]) => [id, slot])));
    this.#tellPaused(snapshot);
  }

  #streamAfter(change: Change): MediaStream | null {
    switch (change.kind) {
      case "videoAdded":
      case "videoMoved": {
        const { participant, source, slot } = change;
        const id = videoId(change);
        const stream = this.#handler.showVideo(id, slot);
        const paused = this.#visible.get(id)?.paused ?? false;
        this.#visible.set(id, { participantId: participant.id, source, slot, stream, paused });
        return stream;
      }
      case "videoRemoved":
        this.#visible.delete(videoId(change));
        this.#handler.hideVideo(videoId(change));
        return null;
      default:
        return null;
    }
  }

  #tellPaused({ participants }: Snapshot): void {
    for (const [id, visible] of this.#visible) {
      const paused = this.#pausedSlots.includes(visible.slot);
      const participant = participants.find((one: Participant) => one.id === visible.participantId);
      if (paused === visible.paused || participant === undefined || this.#listener.isOver()) continue;
      this.#visible.set(id, { ...visible, paused });
      const kind = paused ? "videoPaused" : "videoResumed";
      this.#listener.changed({ kind, participant, source: visible.source }, null);
    }
  }
}
