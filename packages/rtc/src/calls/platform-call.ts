import type { CallCreated } from "@ringback/protocol";
import { errorCode, RtcError } from "../api/error-code.js";
import type { LocalMedia } from "../media/handler.js";
import { causeOf } from "../signaling/refusal.js";
import type { Session } from "../signaling/session.js";
import type { CallContext } from "./context.js";
import { Deferred } from "./deferred.js";
import type { RegisteredCall } from "./registry.js";

/** Between two attempts to begin again, in milliseconds: the platform may just have been started, or the room be full. */
const NEXT_ATTEMPT = 1_000;

/** What may be otherwise at the next attempt. */
const PASSING = ["NETWORK_ERROR", "REQUEST_TIMEOUT", "SERVICE_UNAVAILABLE", "DESTINATION_UNAVAILABLE"];

/** Asks the platform for a call that begins with this. */
export type Ask = (session: Session, wanted: LocalMedia) => Promise<CallCreated>;

/** A call as the platform has it: its id there, and the session that holds it. One that begins again gets others. */
export class PlatformCall {
  readonly #context: CallContext;
  readonly #call: RegisteredCall;
  #callId = new Deferred<string>();
  #session: Session | null = null;
  #ask: Ask | null = null;

  constructor(context: CallContext, call: RegisteredCall) {
    this.#context = context;
    this.#call = call;
  }

  /** The latest id, or null before the first. */
  id(): string | null {
    return this.#callId.value();
  }

  /** The platform has created the call. */
  created(callId: string): void {
    if (this.id() !== null) this.#callId = new Deferred();
    this.#callId.resolve(callId);
  }

  /** The call came from the platform. */
  adopt(session: Session, callId: string): void {
    this.#session = session;
    this.created(callId);
  }

  /** Asks for the call; rejected with what the request is rejected with. */
  async ask(session: Session, wanted: LocalMedia, ask: Ask): Promise<void> {
    this.#session = session;
    this.#ask = ask;
    await this.#context.registry.create(ask(session, wanted), this.#call);
  }

  /**
   * Asks the next session for the call, and again while that may help and is wished. Gives what the call began with, or
   * null when it is not wished any more. Rejected when there will be no session, or the platform does not want to.
   */
  async askAgain(sent: () => LocalMedia, isWished: () => boolean): Promise<LocalMedia | null> {
    const { registry, session, log } = this.#context;
    const ask = this.#ask;
    registry.returns(this.#call);
    while (ask !== null) {
      const next = await session();
      if (!isWished()) break;
      const wanted = sent();
      try {
        await this.ask(next, wanted, ask);
        return wanted;
      } catch (error) {
        log.debug("The platform did not begin the call again", error);
        if (!PASSING.includes(causeOf(error).name)) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, NEXT_ATTEMPT));
    }
    return null;
  }

  /** Asks something of the call, as soon as it has an id. */
  async request<Result>(ask: (session: Session, callId: string) => Promise<Result>): Promise<Result> {
    const callId = await this.#callId.promise;
    if (this.#session === null) throw new RtcError(errorCode("INVALID_REQUEST"));
    return ask(this.#session, callId);
  }

  /** Asks the platform to end the call, if there is one. */
  askForEnd(ask: (session: Session, callId: string) => Promise<unknown>): void {
    const callId = this.id();
    if (this.#session === null || callId === null) return;
    ask(this.#session, callId).catch((error: unknown) => {
      this.#context.log.debug("The platform did not end the call", error);
    });
  }

  /** There will be no call; what waits for its id is rejected with this. */
  end(error: RtcError): void {
    this.#callId.reject(error);
    this.#context.registry.forget(this.#call);
  }
}
