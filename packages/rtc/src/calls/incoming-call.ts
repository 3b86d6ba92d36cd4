import type { CallIncoming } from "@ringback/protocol";
import { whenAborted } from "../abort.js";
import type { IncomingCallOptions, IncomingWebrtcCall } from "../api/calls.js";
import { type Endpoint, type User, WebrtcEndpoint } from "../api/endpoint.js";
import { CallStatus } from "../api/enums.js";
import { errorCode } from "../api/error-code.js";
import { type CustomData, type DeclineOptions, WebrtcCallOptions, type WebrtcCallWishes } from "../api/options.js";
import { optionsArgument } from "../arguments.js";
import type { Session } from "../signaling/session.js";
import { type CallContext, wantedMedia } from "./context.js";
import { TwoPartyCall } from "./two-party-call.js";

/** A call that somebody else makes to this side. */
export class IncomingCall extends TwoPartyCall implements IncomingWebrtcCall {
  readonly options: IncomingCallOptions;
  readonly #session: Session;
  readonly #callId: string;
  readonly #user: User | null;
  readonly #from: Endpoint;
  readonly #customData: CustomData;
  #options: WebrtcCallOptions;
  #declineOnAllDevices: boolean | null = null;

  constructor(context: CallContext, session: Session, user: User | null, event: CallIncoming) {
    super(context, { microphone: true, camera: false });
    this.#session = session;
    this.#callId = event.callId;
    this.#user = user;
    this.#from = new WebrtcEndpoint(event.from.identity, event.from.displayName);
    this.#customData = event.customData;
    this.#options = new WebrtcCallOptions({ video: event.camera, customData: event.customData });
    this.options = fieldsOn(() => this.#options);
    this.adopt(session, event.callId);
    this.advance({ kind: "cameIn" });
  }

  customData(): CustomData {
    return this.#customData;
  }

  source(): Endpoint {
    return this.#from;
  }

  destination(): Endpoint {
    return new WebrtcEndpoint(this.#user?.identity ?? "", this.#user?.displayName ?? null);
  }

  counterpart(): Endpoint {
    return this.#from;
  }

  accept(wishes?: WebrtcCallWishes): void {
    const options = optionsArgument(wishes);
    if (this.isOver() || !this.advance({ kind: "connecting" })) return;
    this.#options = new WebrtcCallOptions({ ...options, customData: options.customData ?? this.#customData });
    this.carryTexts(this.#options);
    const wanted = wantedMedia(this.#options);
    this.#session
      .request("call.accept", { callId: this.#callId, ...wanted })
      .catch((error: unknown) => this.fail(error));
    this.openMedia(wanted);
    whenAborted(this.#options.signal, () => this.hangup());
  }

  decline(options?: Partial<DeclineOptions>): void {
    if (this.status() !== CallStatus.RINGING) return;
    this.#declineOnAllDevices ??= options?.declineOnAllDevices ?? false;
    this.end(errorCode("REJECTED"));
  }

  hangup(): void {
    if (this.status() === CallStatus.RINGING) this.decline();
    else this.end(errorCode("NORMAL_HANGUP"));
  }

  protected override requestEnd(session: Session, callId: string): Promise<unknown> {
    return this.#declineOnAllDevices === null
      ? super.requestEnd(session, callId)
      : session.request("call.decline", { callId, onAllDevices: this.#declineOnAllDevices });
  }
}

/** The method, with its result's fields beside it: applications read `call.options.video` as often as `call.options().video`. */
function fieldsOn(options: () => WebrtcCallOptions): IncomingCallOptions {
  const fields = Object.keys(options()) as (keyof WebrtcCallOptions)[];
  const getters = fields.map((field) => [field, { get: () => options()[field] }] as const);
  return Object.defineProperties(() => options(), Object.fromEntries(getters)) as IncomingCallOptions;
}
