import { type Endpoint, type User, webrtcEndpoint } from "../api/endpoint.js";
import { CallStatus } from "../api/enums.js";
import { errorCode } from "../api/error-code.js";
import type { CustomData, WebrtcCallOptions } from "../api/options.js";
import { type CallContext, wantedMedia } from "./context.js";
import { TwoPartyCall } from "./two-party-call.js";

/** A call that this side makes. */
export class OutgoingCall extends TwoPartyCall {
  readonly #user: () => User | null;
  readonly #options: WebrtcCallOptions;
  #destination: Endpoint;

  constructor(context: CallContext, user: () => User | null, identity: string, options: WebrtcCallOptions) {
    const wanted = wantedMedia(options);
    super(context, wanted);
    this.#user = user;
    this.#options = options;
    this.#destination = webrtcEndpoint(identity, null);
    this.advance({ kind: "called" });
    this.begin(wanted, (session) =>
      session.request(
        "call.start",
        { destination: { type: "WEBRTC", identity }, ...wanted, customData: { ...options.customData } },
        null,
      ),
    );
  }

  options(): WebrtcCallOptions {
    return this.#options;
  }

  customData(): CustomData {
    return this.#options.customData;
  }

  source(): Endpoint {
    const user = this.#user();
    return webrtcEndpoint(user?.identity ?? "", user?.displayName ?? null);
  }

  destination(): Endpoint {
    this.#destination = this.participantEndpoint() ?? this.#destination;
    return this.#destination;
  }

  counterpart(): Endpoint {
    return this.destination();
  }

  hangup(): void {
    this.end(errorCode(this.status() === CallStatus.ESTABLISHED ? "NORMAL_HANGUP" : "CANCELLED"));
  }
}
