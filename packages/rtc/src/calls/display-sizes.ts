import type { SlotPreference } from "@ringback/protocol";

/** Sizes that change within this, in milliseconds, are told together: windows are resized in many small steps. */
const QUIET_TIME = 200;

/** A video of which the application does not say how large it is shown, in a slot of which something was said before. */
const AS_LARGE_AS_IT_COMES = { width: 65_535, height: 65_535, pinned: false };

/** How large something is shown, in pixels of the screen. */
export interface DisplaySize {
  readonly width: number;
  readonly height: number;
  /** It comes before others when bandwidth is scarce. */
  readonly pinned: boolean;
}

type Told = Omit<SlotPreference, "index">;

const NOWHERE: DisplaySize = { width: 0, height: 0, pinned: false };

/** Tells the platform how large the videos are shown, by the slots that they come from. */
export class DisplaySizes {
  readonly #tell: (slots: SlotPreference[]) => Promise<unknown>;
  /** Where each video is shown that the application speaks of; a video that is shown nowhere any more stays in it. */
  readonly #displays = new Map<string, Map<symbol, DisplaySize>>();
  readonly #told = new Map<number, Told>();
  #slots: ReadonlyMap<string, number> = new Map();
  #paused = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(tell: (slots: SlotPreference[]) => Promise<unknown>) {
    this.#tell = tell;
  }

  /** One place that shows a video has this size now, or is gone. Of several places the largest counts. */
  show(videoId: string, place: symbol, size: DisplaySize | null): void {
    const places = this.#displays.get(videoId) ?? new Map<symbol, DisplaySize>();
    this.#displays.set(videoId, places);
    if (size === null) places.delete(place);
    else places.set(place, size);
    this.#soon();
  }

  /** Which slots the visible videos come from. */
  follow(slots: ReadonlyMap<string, number>): void {
    this.#slots = slots;
    for (const videoId of this.#displays.keys()) if (!slots.has(videoId)) this.#displays.delete(videoId);
    this.#soon();
  }

  /** Nothing is shown for now, whatever its size, or everything again. */
  pause(paused: boolean): void {
    this.#paused = paused;
    this.#soon();
  }

  /** The platform has forgotten what it was told. */
  tellAgain(): void {
    this.#told.clear();
    this.#soon();
  }

  /** There is nobody to tell any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#slots = new Map();
  }

  #soon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tellNews(), QUIET_TIME);
  }

  #tellNews(): void {
    const news: SlotPreference[] = [];
    for (const [videoId, index] of this.#slots) {
      const wish = this.#wish(videoId, index);
      if (wish === null || same(wish, this.#told.get(index))) continue;
      this.#told.set(index, wish);
      news.push({ index, ...wish });
    }
    if (news.length === 0) return;
    this.#tell(news).catch(() => {
      for (const { index } of news) this.#told.delete(index);
    });
  }

  #wish(videoId: string, index: number): Told | null {
    if (this.#paused) return NOWHERE;
    const places = this.#displays.get(videoId);
    if (places === undefined) return this.#told.has(index) ? AS_LARGE_AS_IT_COMES : null;
    return [...places.values()].reduce(largest, NOWHERE);
  }
}

function largest(one: DisplaySize, other: DisplaySize): DisplaySize {
  return {
    width: Math.max(one.width, other.width),
    height: Math.max(one.height, other.height),
    pinned: one.pinned || other.pinned,
  };
}

function same(one: Told, other: Told | undefined): boolean {
  return one.width === other?.width && one.height === other.height && one.pinned === other.pinned;
}
