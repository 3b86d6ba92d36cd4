import type { StatsEntry } from "./stats-entry.js";

/** How often it is looked, in milliseconds. Each look reads the statistics, which takes the browser a few. */
const LOOK_INTERVAL = 750;
/** The same while nothing has arrived: somebody waits to be told that it does, and there is little else to do. */
const WAITING_LOOK_INTERVAL = 250;
/** After so long without a packet nothing arrives any more, in milliseconds. The platform answers what is sent ten times a second. */
const SILENCE = 1_500;

/** What a connection has sent and received. */
interface Counts {
  readonly sent: number;
  readonly received: number;
  /** Answers to checks of the path. */
  readonly answers: number;
}

/** What is told of the packets of a connection. */
export interface FlowListener {
  /** Nothing arrives any more although this side sends. Once for each silence. */
  silent(): void;
  /** Packets arrive; to a side that sends none, answers to its checks do as well. At each look at which it is so. */
  flows(): void;
}

/** Notices within two seconds that nothing arrives, where browsers take five to say so, and at once that it does again. */
export class FlowWatch {
  readonly #stats: () => Promise<readonly StatsEntry[]>;
  readonly #listener: FlowListener;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Counts the beginnings, so that a look that was under way at an end does not go on. */
  #turn = 0;
  #last: Counts | null = null;
  /** How long nothing has arrived although this side sent, in milliseconds. */
  #silence = 0;
  #interval = WAITING_LOOK_INTERVAL;

  constructor(stats: () => Promise<readonly StatsEntry[]>, listener: FlowListener) {
    this.#stats = stats;
    this.#listener = listener;
  }

  /** Begins anew: the connection is connected, or is so again. */
  start(): void {
    this.stop();
    void this.#look(this.#turn);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#turn += 1;
    this.#last = null;
    this.#silence = 0;
    this.#interval = WAITING_LOOK_INTERVAL;
  }

  async #look(turn: number): Promise<void> {
    const entries = await this.#stats();
    if (turn !== this.#turn) return;
    if (entries.length > 0) this.#compare(countsOf(entries));
    if (turn === this.#turn) this.#timer = setTimeout(() => void this.#look(turn), this.#interval);
  }

  #compare(counts: Counts | null): void {
    const last = this.#last;
    this.#last = counts;
    if (counts === null) this.#listener.flows();
    else if (last !== null) this.#judge(last, counts);
  }

  #judge(last: Counts, { sent, received, answers }: Counts): void {
    const sends = sent > last.sent;
    if (received > last.received) {
      this.#silence = 0;
      this.#interval = LOOK_INTERVAL;
      this.#listener.flows();
    } else if (sends) {
      const wasSilent = this.#silence >= SILENCE;
      this.#silence += this.#interval;
      if (wasSilent || this.#silence < SILENCE) return;
      this.#interval = WAITING_LOOK_INTERVAL;
      this.#listener.silent();
    } else if (answers > last.answers) {
      this.#listener.flows();
    }
  }
}

/** Packets, or bytes in Firefox. Null where the browser does not count: then what it says of its connection must do. */
function countsOf(entries: readonly StatsEntry[]): Counts | null {
  const transport = entries.find(({ type }) => type === "transport");
  const pair = entries.find(({ id }) => id === transport?.selectedCandidatePairId);
  const sent = transport?.packetsSent ?? pair?.bytesSent;
  const received = transport?.packetsReceived ?? pair?.bytesReceived;
  return sent === undefined || received === undefined
    ? null
    : { sent, received, answers: pair?.responsesReceived ?? 0 };
}
