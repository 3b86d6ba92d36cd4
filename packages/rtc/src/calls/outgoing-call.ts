import type { ClientMessage } from "@ringback/protocol";
import { type Endpoint, type User, WebrtcEndpoint } from "../api/endpoint.js";
import { CallStatus } from "../api/enums.js";
import { errorCode } from "../api/error-code.js";
import type { CallOptions, CustomData } from "../api/options.js";
import { type CallContext, wantedMedia } from "./context.js";
import { TwoPartyCall } from "./two-party-call.js";

/** Who is called, as the platform is told. */
export type Destination = Extract<ClientMessage, { type: "call.start" }>["destination"];

/** A call that this side makes to one other. */
export class OutgoingCall<Options extends CallOptions> extends TwoPartyCall {
  readonly #user: () => User | null;
  readonly #options: Options;
  #endpoint: Endpoint;

  constructor(context: CallContext, user: () => User | null, endpoint: Endpoint, options: Options) {
    super(context, wantedMedia(options));
    this.#user = user;
    this.#options = options;
    this.#endpoint = endpoint;
    this.carryTexts(options);
    this.advance({ kind: "called" });
  }

  /** Asks the platform to call. */
  start(destination: Destination): void {
    const wanted = wantedMedia(this.#options);
    const customData = { ...this.#options.customData };
    this.begin(wanted, (session) => session.request("call.start", { destination, ...wanted, customData }, null));
  }

  options(): Options {
    return this.#options;
  }

  customData(): CustomData {
    return this.#options.customData;
  }

  source(): Endpoint {
    const user = this.#user();
    return new WebrtcEndpoint(user?.identity ?? "", user?.displayName ?? null);
  }

  destination(): Endpoint {
    this.#endpoint = this.participantEndpoint() ?? this.#endpoint;
    return this.#endpoint;
  }

  counterpart(): Endpoint {
    return this.destination();
  }

  hangup(): void {
    this.end(errorCode(this.status() === CallStatus.ESTABLISHED ? "NORMAL_HANGUP" : "CANCELLED"));
  }
}
