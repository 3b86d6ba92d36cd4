import type { StatsEntry } from "./stats-entry.js";

/** How often it is looked, in milliseconds. Each look reads the statistics, which takes the browser a few. */
const LOOK_INTERVAL = 750;
/** After so many looks without a packet nothing arrives any more. The platform answers what is sent ten times a second. */
const SILENT_LOOKS = 2;

/** Packets of a connection, by direction. */
interface Counts {
  readonly sent: number;
  readonly received: number;
}

/** Notices within two seconds that nothing arrives although this side sends; browsers take five to say so. */
export class SilenceWatch {
  readonly #stats: () => Promise<readonly StatsEntry[]>;
  readonly #silent: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Counts the beginnings, so that a look that was under way at an end does not go on. */
  #turn = 0;
  #last: Counts | null = null;
  #silentLooks = 0;

  /** `silent` is called once for each silence. */
  constructor(stats: () => Promise<readonly StatsEntry[]>, silent: () => void) {
    this.#stats = stats;
    this.#silent = silent;
  }

  /** Begins anew, for a connection whose packets are counted from 0. */
  start(): void {
    this.stop();
    this.#wait(this.#turn);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#turn += 1;
    this.#last = null;
    this.#silentLooks = 0;
  }

  #wait(turn: number): void {
    this.#timer = setTimeout(() => void this.#look(turn), LOOK_INTERVAL);
  }

  async #look(turn: number): Promise<void> {
    const counts = countsOf(await this.#stats());
    if (turn !== this.#turn) return;
    const last = this.#last;
    this.#last = counts;
    if (counts !== null && last !== null) this.#judge(counts.sent > last.sent, counts.received > last.received);
    this.#wait(turn);
  }

  #judge(sends: boolean, receives: boolean): void {
    if (receives) {
      this.#silentLooks = 0;
    } else if (sends) {
      this.#silentLooks += 1;
      if (this.#silentLooks === SILENT_LOOKS) this.#silent();
    }
  }
}

/** What a connection has sent and received; null where the browser does not say. */
function countsOf(entries: readonly StatsEntry[]): Counts | null {
  const transport = entries.find(({ type }) => type === "transport");
  const { packetsSent: sent, packetsReceived: received } = transport ?? {};
  return sent === undefined || received === undefined ? null : { sent, received };
}
