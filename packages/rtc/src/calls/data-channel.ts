import type { CallEvent, TextDelivered, TextReceived } from "@ringback/protocol";
import type { DataChannel, DataChannelEvents } from "../api/data-channel.js";
import { type Endpoint, WebrtcEndpoint } from "../api/endpoint.js";
import { errorCode, invalidArgument, RtcError } from "../api/error-code.js";
import type { Handler } from "../api/events.js";
import { Emitter } from "../emitter.js";
import type { Log } from "../log.js";
import type { Session } from "../signaling/session.js";
import { Deferred } from "./deferred.js";

/** The platform's, in bytes of UTF-8. */
const MAX_TEXT_BYTES = 8_192;
/**
 * So many texts may be on their way to the platform; each takes a place for at least {@link PLACE_TIME}. Together: what may be
 * sent in a second, and at once after a reconnect. With more, a platform that takes 50 messages a second closes the socket.
 */
const PLACES = 32;
/** In milliseconds. */
const PLACE_TIME = 1_000;
/**
 * Between two confirmations, in milliseconds. Longer lets senders wait for their reports; shorter, in a room where many write,
 * would be more messages than a platform takes, as with {@link PLACES}.
 */
const CONFIRM_PAUSE = 100;
/** Ids of received texts that are remembered, to know a text again that a restarted platform sends twice. */
const KNOWN_TEXTS = 1_000;

/** Asks the platform something of the call. */
export type AskOfCall = <Result>(ask: (session: Session, callId: string) => Promise<Result>) => Promise<Result>;

/** A text that the platform has not taken. */
interface Outgoing {
  readonly text: string;
  readonly to: string | null;
  readonly sent: Deferred<string>;
}

/**
 * The texts of one call. `early`: it is not established yet; `interrupted`: the platform has given the call up, and is asked
 * for it anew.
 */
export class CallDataChannel implements DataChannel {
  readonly #ask: AskOfCall;
  readonly #now: () => Date;
  readonly #log: Log;
  readonly #events: Emitter<DataChannelEvents>;
  #state: "early" | "open" | "interrupted" | "over" = "early";
  #places = PLACES;
  /** Those that wait for a place. */
  readonly #waiting: Outgoing[] = [];
  readonly #unanswered = new Set<Outgoing>();
  /** The ids of those that the platform has taken, and whose fate it has not told. */
  readonly #unreported = new Set<string>();
  /** Reports that have overtaken the answers which tell their ids. */
  readonly #early = new Map<string, TextDelivered>();
  readonly #known = new Set<string>();
  /** The last text that has come, until it is confirmed. */
  #unconfirmed: string | null = null;
  #confirming = false;

  constructor(ask: AskOfCall, now: () => Date, log: Log) {
    this.#ask = ask;
    this.#now = now;
    this.#log = log;
    this.#events = new Emitter(log);
  }

  on<Name extends keyof DataChannelEvents>(name: Name, handler: Handler<DataChannelEvents[Name]>): void {
    this.#events.on(name, handler);
  }

  off<Name extends keyof DataChannelEvents>(name: Name, handler: Handler<DataChannelEvents[Name]>): void {
    this.#events.off(name, handler);
  }

  send(text: string, to?: Endpoint): Promise<string> {
    const sent = new Deferred<string>();
    try {
      const outgoing = { text: wellFormed(text), to: to === undefined ? null : identityOf(to), sent };
      if (this.#state === "early") throw invalidArgument("Texts can be sent once the call is established.");
      if (this.#state === "over") throw callIsOver();
      this.#unanswered.add(outgoing);
      this.#waiting.push(outgoing);
    } catch (error) {
      sent.reject(error as RtcError);
    }
    this.#sendNext();
    return sent.promise;
  }

  /** The call is established. */
  open(): void {
    this.#state = "open";
    this.#sendNext();
  }

  /** The platform has given the call up; what is sent waits for the next one. */
  interrupt(): void {
    if (this.#state === "open") this.#state = "interrupted";
  }

  /** The platform was started again, or the call begun again: nobody knows what became of earlier texts. */
  openAgain(): void {
    this.#early.clear();
    this.#giveUpReports();
    this.open();
  }

  /** The call is over. */
  close(): void {
    this.#state = "over";
    this.#waiting.length = 0;
    for (const { sent } of this.#unanswered) sent.reject(callIsOver());
    this.#unanswered.clear();
    this.#giveUpReports();
  }

  happened(event: CallEvent): void {
    switch (event.type) {
      case "text.received":
        this.#receive(event);
        return;
      case "text.delivered":
        if (this.#unreported.has(event.textId)) this.#report(event);
        else if (this.#unanswered.size > 0) this.#early.set(event.textId, event);
        return;
      case "text.broadcast":
        this.#events.emit("broadcast-text-received", { text: event.text, date: new Date(event.date) });
        return;
    }
  }

  #sendNext(): void {
    while (this.#state === "open" && this.#places > 0) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      void this.#carry(next);
    }
  }

  async #carry(outgoing: Outgoing): Promise<void> {
    this.#places -= 1;
    const placeTime = new Promise((resolve) => setTimeout(resolve, PLACE_TIME));
    const { text, to, sent } = outgoing;
    const addressee = to === null ? {} : { to: { type: "WEBRTC", identity: to } as const };
    try {
      const { textId } = await this.#ask((session, callId) =>
        session.request("text.send", { callId, text, ...addressee }),
      );
      if (this.#unanswered.delete(outgoing)) this.#taken(sent, textId);
    } catch (error) {
      this.#unanswered.delete(outgoing);
      sent.reject(error as RtcError);
    }
    if (this.#unanswered.size === 0) this.#early.clear();
    await placeTime;
    this.#places += 1;
    this.#sendNext();
  }

  #taken(sent: Deferred<string>, textId: string): void {
    sent.resolve(textId);
    this.#unreported.add(textId);
    const early = this.#early.get(textId);
    // Whoever awaits the id shall know it first.
    if (early !== undefined) setTimeout(() => this.#report(early));
  }

  #report({ textId, delivered, date }: Pick<TextDelivered, "textId" | "delivered" | "date">): void {
    if (!this.#unreported.delete(textId)) return;
    this.#events.emit("text-delivered", { id: textId, delivered, date: new Date(date) });
  }

  #giveUpReports(): void {
    const date = this.#now().toISOString();
    for (const textId of [...this.#unreported]) this.#report({ textId, delivered: false, date });
  }

  #receive({ textId, text, from, direct, date }: TextReceived): void {
    if (!this.#known.has(textId)) {
      this.#known.add(textId);
      const [oldest] = this.#known;
      if (this.#known.size > KNOWN_TEXTS && oldest !== undefined) this.#known.delete(oldest);
      const endpoint = new WebrtcEndpoint(from.identity, from.displayName);
      this.#events.emit("text-received", { text, from: endpoint, isDirect: direct, date: new Date(date) });
    }
    this.#unconfirmed = textId;
    if (!this.#confirming) void this.#confirm();
  }

  /** One at a time, and with pauses: the last text confirms all before it, however many came meanwhile. */
  async #confirm(): Promise<void> {
    this.#confirming = true;
    while (this.#unconfirmed !== null) {
      const textId = this.#unconfirmed;
      this.#unconfirmed = null;
      const pause = new Promise((resolve) => setTimeout(resolve, CONFIRM_PAUSE));
      try {
        await this.#ask((session, callId) => session.request("text.confirm", { callId, textId }));
      } catch (error) {
        this.#log.debug("A text could not be confirmed", error);
      }
      await pause;
    }
    this.#confirming = false;
  }
}

/** The text as UTF-8 carries it. Throws when it has none of the sizes that a text may have. */
function wellFormed(text: unknown): string {
  if (typeof text !== "string") throw invalidArgument("A text is a string.");
  const bytes = new TextEncoder().encode(text);
  if (bytes.length === 0 || bytes.length > MAX_TEXT_BYTES) {
    throw invalidArgument(`A text has 1 to ${MAX_TEXT_BYTES} bytes of UTF-8, and this one ${bytes.length}.`);
  }
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/** Plain objects with an identity do as well as endpoints of the SDK. */
function identityOf(to: Endpoint & { readonly identity?: unknown }): string {
  const identity = to?.type === "WEBRTC" ? (to.identifier ?? to.identity) : undefined;
  if (typeof identity === "string" && identity !== "") return identity;
  throw new RtcError({ ...errorCode("INVALID_DESTINATION"), description: "Only users of an SDK get texts." });
}

function callIsOver(): RtcError {
  return invalidArgument("The call is over.");
}
