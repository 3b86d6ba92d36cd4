/**
 * Voice and video calls in the browser. `createRingbackRtc` is the way in; `RtcEvent` and `CallsApiEvent` name the events.
 *
 * @packageDocumentation
 */

export type {
  IncomingCallOptions,
  IncomingWebrtcCall,
  MediaCall,
  RoomCall,
  StopWatching,
  WebrtcCall,
} from "./api/calls.js";
export type { RingbackRtc, RtcOptions } from "./api/client.js";
export type {
  EchoAudio,
  EchoConnectedEvent,
  EchoPath,
  EchoTest,
  EchoTestEvents,
  EchoTestOptions,
  EchoTestStats,
  EchoTraffic,
  EchoVideo,
} from "./api/echo.js";
export type { Endpoint, User, WebrtcEndpoint } from "./api/endpoint.js";
export { CallStatus, EndpointType, RecordingType, State, VideoRemovalReason } from "./api/enums.js";
export { type ErrorCode, RtcError } from "./api/error-code.js";
export {
  type ActiveSpeakersEvent,
  CallsApiEvent,
  type ConnectedEvent,
  type DisconnectedEvent,
  type EmptyEvent,
  type ErrorEvent,
  type EventSource,
  type Handler,
  type HangupEvent,
  type IncomingWebrtcCallEvent,
  type LocalMediaEvents,
  type ParticipantEvent,
  type ParticipantVideoEvent,
  type RoomCallEvents,
  type RoomJoinedEvent,
  RtcEvent,
  type RtcEvents,
  type StreamEvent,
  type VideoRemovedEvent,
  type WebrtcCallEvents,
} from "./api/events.js";
export {
  type CustomData,
  DeclineOptions,
  type DeclineOptionsBuilder,
  type DisplayOptions,
  type DisplaySurface,
  type MediaCallOptions,
  type MediaCallOptionsBuilder,
  RoomCallOptions,
  type WatchOptions,
  WebrtcCallOptions,
} from "./api/options.js";
export type { Participant, ParticipantAudio, ParticipantMedia } from "./api/participant.js";
export type { AudioStats, TotalMediaStats } from "./api/stats.js";
export { createRingbackRtc } from "./create.js";
export { playRingback, playRingtone, type StopTone } from "./tones.js";
