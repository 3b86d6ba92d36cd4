import type { MediaHandler } from "../media/handler.js";
import { type Change, changes, firstVideos, videoId } from "./changes.js";
import type { Snapshot } from "./snapshot.js";

/** What is told of the others' videos. */
export interface VideosListener {
  /** There are more slots than were offered. */
  grown(): void;
  /** Something changed; a visible video comes with its stream. */
  changed(change: Change, stream: MediaStream | null): void;
  /** Whether nobody is interested any more: a listener may end the call. */
  isOver(): boolean;
}

/** What is seen of the others: brings their videos out of the slots, and has as many slots as the platform says. */
export class Videos {
  readonly #handler: MediaHandler;
  readonly #listener: VideosListener;

  constructor(handler: MediaHandler, listener: VideosListener) {
    this.#handler = handler;
    this.#listener = listener;
  }

  /** The conversation is entered. */
  enter(snapshot: Snapshot): void {
    this.#follow(snapshot, firstVideos(snapshot));
  }

  /** The conversation has changed. */
  change(before: Snapshot, after: Snapshot): void {
    this.#follow(after, changes(before, after));
  }

  #follow({ videoSlots }: Snapshot, found: readonly Change[]): void {
    if (this.#handler.addVideoSlots(videoSlots)) this.#listener.grown();
    for (const change of found) {
      if (this.#listener.isOver()) return;
      if (change.kind === "videoRemoved") this.#handler.hideVideo(videoId(change));
      const visible = change.kind === "videoAdded" || change.kind === "videoMoved";
      this.#listener.changed(change, visible ? this.#handler.showVideo(videoId(change), change.slot) : null);
    }
  }
}
