import { EndpointType } from "./enums.js";

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
export class WebrtcEndpoint implements Endpoint {
  readonly type = EndpointType.WEBRTC;
  readonly identifier: string;
  readonly displayIdentifier: string | null;

  /**
   * @param identity - the user's name in the application
   * @param displayName - a name for people, or null
   */
  constructor(
    readonly identity: string,
    readonly displayName: string | null = null,
  ) {
    this.identifier = identity;
    this.displayIdentifier = displayName;
  }
}

/** A phone. */
export class PhoneEndpoint implements Endpoint {
  readonly type = EndpointType.PHONE;
  readonly identifier: string;
  readonly displayIdentifier = null;

  /** @param phoneNumber - in international form */
  constructor(readonly phoneNumber: string) {
    this.identifier = phoneNumber;
  }
}

/** A user of Viber. */
export class ViberEndpoint implements Endpoint {
  readonly type = EndpointType.VIBER;
  readonly identifier: string;
  readonly displayIdentifier = null;

  /** @param phoneNumber - the user's, in international form */
  constructor(readonly phoneNumber: string) {
    this.identifier = phoneNumber;
  }
}

/** A SIP user agent. */
export class SipEndpoint implements Endpoint {
  readonly type = EndpointType.SIP;
  readonly identifier: string;
  readonly displayIdentifier = null;

  /** @param username - the user in its address */
  constructor(readonly username: string) {
    this.identifier = username;
  }
}

/** A user of WhatsApp. */
export class WhatsAppEndpoint implements Endpoint {
  readonly type = EndpointType.WHATSAPP;
  readonly identifier: string;
  readonly displayIdentifier: string | null;

  /**
   * @param phoneNumber - the user's, in international form
   * @param bsuid - the user's id at a business, or null
   * @param displayName - a name for people, or null
   */
  constructor(
    readonly phoneNumber: string,
    readonly bsuid: string | null = null,
    readonly displayName: string | null = null,
  ) {
    this.identifier = phoneNumber;
    this.displayIdentifier = displayName;
  }
}

/** An application that sends and receives sound over a WebSocket. */
export class WebsocketEndpoint implements Endpoint {
  readonly type = EndpointType.WEBSOCKET;
  readonly displayIdentifier = null;

  /**
   * @param identifier - the application's address
   * @param websocketEndpointConfigId - how it is reached
   */
  constructor(
    readonly identifier: string,
    readonly websocketEndpointConfigId: string,
  ) {}
}

/** The user whose token opened the connection. */
export interface User {
  /** The user's name in the application. */
  readonly identity: string;
  /** A name for people, or null when the token carries none. */
  readonly displayName: string | null;
}
