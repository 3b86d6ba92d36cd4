/**
 * The SDK by the names of Infobip's: change the import, and say where the platform is.
 *
 * @packageDocumentation
 */

import type { IncomingApplicationCall, IncomingWebrtcCall } from "./api/calls.js";
import type { RingbackRtc, RtcOptions, TokenProvider } from "./api/client.js";
import type {
  AnyCallEvents,
  ApplicationCallEvents,
  Handler,
  PhoneCallEvents,
  RoomCallEvents,
  RtcEvents,
  WebrtcCallEvents,
} from "./api/events.js";
import { createRingbackRtc } from "./create.js";

export type { RingbackRtc as InfobipRTC } from "./api/client.js";
export { DataChannelEvent as AnyDataChannelEvent } from "./api/data-channel.js";
export { CallsConfiguration as InfobipCallsConfiguration } from "./api/enums.js";
export { ErrorName as ApplicationErrorCode } from "./api/error-code.js";
export {
  CallsApiEvent as AnyCallsApiEvent,
  CallsApiEvent as CallsApiEvents,
  RtcEvent as AnyInfobipRTCEvent,
  RtcEvent as InfobipRTCEvent,
} from "./api/event-names.js";
export type {
  ParticipantAudio as Audio,
  ParticipantMedia as Media,
  ParticipantVideo as Video,
} from "./api/participant.js";
export type {
  AudioRecordingType as PhoneRecordingType,
  AudioRecordingType as ViberRecordingType,
} from "./api/recording.js";
export * from "./index.js";

/** A call that rings here. */
export type IncomingCall = IncomingWebrtcCall | IncomingApplicationCall;

/** Makes a client. */
export type InfobipRTCFactory = typeof createInfobipRtc;

/** The payloads of a client's events by their strings. */
export type InfobipRTCEvents = RtcEvents;
/** What handles a client's events, by their strings. */
export type InfobipRTCEventHandlers = { [Name in keyof RtcEvents]: Handler<RtcEvents[Name]> };
/** What handles the events of calls, by their strings. */
export type CallsEventHandlers = {
  [Name in keyof AllCallEvents]: Handler<AllCallEvents[Name]>;
};

type AllCallEvents = AnyCallEvents & WebrtcCallEvents & PhoneCallEvents & ApplicationCallEvents & RoomCallEvents;

/**
 * Makes a client for the user whom the token names; the same as {@link createRingbackRtc}. A token does not say where the
 * platform is: that is the option `url`, by default the page's origin.
 */
export function createInfobipRtc(token: string | TokenProvider, rtcOptions: RtcOptions = {}): RingbackRtc {
  return createRingbackRtc(token, rtcOptions);
}
