import type { Endpoint } from "./endpoint.js";
import type { EventSource, Handler } from "./events.js";

/** What a data channel tells. `on` takes these as well as the plain strings. */
export const DataChannelEvent = {
  TEXT_DELIVERED_EVENT: "text-delivered",
  TEXT_RECEIVED_EVENT: "text-received",
  BROADCAST_TEXT_RECEIVED_EVENT: "broadcast-text-received",
} as const;
export type DataChannelEvent = (typeof DataChannelEvent)[keyof typeof DataChannelEvent];

/** What became of a text; comes exactly once for each id that `send` has given. */
export interface TextDeliveredEvent {
  /** As `send` gave it. */
  readonly id: string;
  /** When that was known. */
  readonly date: Date;
  /**
   * Whether all to whom the text was sent have got it. False when nobody was there, when one of them left or did not get it
   * within 30 seconds, and when it is not known, because this call ended or the platform was started again.
   */
  readonly delivered: boolean;
}

/** Somebody else has sent a text. */
export interface TextReceivedEvent {
  /** What was sent. */
  readonly text: string;
  /** Who has sent it. */
  readonly from: Endpoint;
  /** Whether it was sent to this user, and not to everybody. */
  readonly isDirect: boolean;
  /** When it was sent. */
  readonly date: Date;
}

/** The application's backend has sent a text to the whole conversation. */
export interface BroadcastTextReceivedEvent {
  /** What was sent. */
  readonly text: string;
  /** When it was sent. */
  readonly date: Date;
}

/** The payloads of a data channel's events by their strings. */
export interface DataChannelEvents {
  "text-delivered": TextDeliveredEvent;
  "text-received": TextReceivedEvent;
  "broadcast-text-received": BroadcastTextReceivedEvent;
}

/** What handles a data channel's events, by their strings. */
export type DataChannelEventHandlers = { [Name in keyof DataChannelEvents]: Handler<DataChannelEvents[Name]> };

/** Texts between those who are in a call or a room, and have asked for a data channel. */
export interface DataChannel extends EventSource<DataChannelEvents> {
  /**
   * Sends a text. Texts are sent in order, at most 32 in a second; while there is no connection they wait for it. The promise is
   * fulfilled with the text's id once the platform has the text; `TEXT_DELIVERED_EVENT` tells what becomes of it. It is rejected
   * with an {@link RtcError}: `INVALID_REQUEST` when the text does not have 1 to 8192 bytes of UTF-8, and while the call is not
   * established or over; `INVALID_DESTINATION` when `to` is nobody who can get texts; `SERVICE_UNAVAILABLE` when what becomes
   * of 256 others is not known yet; `NETWORK_ERROR` and `REQUEST_TIMEOUT` when the platform did not answer.
   *
   * @param text - surrogates without their other half become U+FFFD, as everywhere in the browser
   * @param to - one user, on all devices with which it takes part; without, everybody else
   */
  send(text: string, to?: Endpoint): Promise<string>;
}
