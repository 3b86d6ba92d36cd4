import { signal } from "@preact/signals";
import { type DataChannel, DataChannelEvent, type Endpoint } from "@ringback/rtc";

/** What became of a text of one's own. */
export type Fate = "sending" | "sent" | "delivered" | "lost";

/** One text, as it stands in the list. */
export interface ChatText {
  readonly serial: number;
  readonly words: string;
  /** Who wrote it; null for oneself, "" for the platform. */
  readonly from: string | null;
  readonly at: Date;
  /** Only for texts of one's own. */
  readonly fate: Fate | null;
}

/** The texts of one conversation, oldest first. */
export class Chat {
  readonly texts = signal<readonly ChatText[]>([]);
  readonly open = signal(false);
  /** How many came while it was closed. */
  readonly unread = signal(0);
  private serial = 0;
  /** The texts whose fate is not known yet, by the id that the SDK gave. */
  private readonly underway = new Map<string, number>();

  /** `nameOf` says what people are called; `told` hears of each text of others. */
  constructor(
    private readonly channel: DataChannel,
    nameOf: (from: Endpoint) => string,
    told: (name: string, words: string) => void,
  ) {
    channel.on(DataChannelEvent.TEXT_RECEIVED_EVENT, ({ text, from, date }) => {
      this.receive(text, nameOf(from), date);
      told(nameOf(from), text);
    });
    channel.on(DataChannelEvent.BROADCAST_TEXT_RECEIVED_EVENT, ({ text, date }) => {
      this.receive(text, "", date);
      told("", text);
    });
    channel.on(DataChannelEvent.TEXT_DELIVERED_EVENT, ({ id, delivered }) => {
      const serial = this.underway.get(id);
      this.underway.delete(id);
      if (serial !== undefined) this.settle(serial, delivered ? "delivered" : "lost");
    });
  }

  toggle(): void {
    this.open.value = !this.open.value;
    this.unread.value = 0;
  }

  /** To everybody. What becomes of it stands beside it. */
  async send(words: string, at: Date): Promise<void> {
    const serial = this.add({ words, from: null, at, fate: "sending" });
    try {
      const id = await this.channel.send(words);
      this.underway.set(id, serial);
      this.settle(serial, "sent");
    } catch {
      this.settle(serial, "lost");
    }
  }

  private receive(words: string, from: string, at: Date): void {
    this.add({ words, from, at, fate: null });
    if (!this.open.value) this.unread.value += 1;
  }

  private add(text: Omit<ChatText, "serial">): number {
    this.serial += 1;
    this.texts.value = [...this.texts.value, { ...text, serial: this.serial }];
    return this.serial;
  }

  private settle(serial: number, fate: Fate): void {
    this.texts.value = this.texts.value.map((text) => (text.serial === serial ? { ...text, fate } : text));
  }
}
