import type { EndpointType } from "./enums.js";

/** A typed address: who takes part. */
export interface Endpoint {
  /** What kind of address it is. */
  readonly type: EndpointType;
  /** The address itself; for a WebRTC endpoint its identity. */
  readonly identifier: string;
  /** A name for people, or null when there is none. */
  readonly displayIdentifier: string | null;
}

/** A user of an application, reached through an SDK. */
export interface WebrtcEndpoint extends Endpoint {
  /** Always a WebRTC user. */
  readonly type: "WEBRTC";
  /** The user's name in the application; the same as `identifier`. */
  readonly identity: string;
  /** A name for people, or null; the same as `displayIdentifier`. */
  readonly displayName: string | null;
}

export function webrtcEndpoint(identity: string, displayName: string | null): WebrtcEndpoint {
  return { type: "WEBRTC", identity, displayName, identifier: identity, displayIdentifier: displayName };
}

/** The user whose token opened the connection. */
export interface User {
  /** The user's name in the application. */
  readonly identity: string;
  /** A name for people, or null when the token carries none. */
  readonly displayName: string | null;
}
