/**
 * Voice and video calls in the browser. `createRingbackRtc` is the way in; `RtcEvent` and `CallsApiEvent` name the events.
 *
 * @packageDocumentation
 */

export type {
  AnsweredCall,
  AnyCall,
  ApplicationCall,
  Call,
  GroupCall,
  IncomingApplicationCall,
  IncomingCallOptions,
  IncomingWebrtcCall,
  MediaCall,
  PhoneCall,
  RoomCall,
  StopWatching,
  ViberCall,
  WebrtcCall,
} from "./api/calls.js";
export type { ConnectOptions, RingbackRtc, RtcOptions, TokenProvider } from "./api/client.js";
export {
  type BroadcastTextReceivedEvent,
  type DataChannel,
  DataChannelEvent,
  type DataChannelEventHandlers,
  type DataChannelEvents,
  type TextDeliveredEvent,
  type TextReceivedEvent,
} from "./api/data-channel.js";
export {
  type AudioLevels,
  type AudioPlaybackBlockedEvent,
  type DevicePermission,
  type DevicePermissions,
  type DevicesChangedEvent,
  MediaDevice,
} from "./api/devices.js";
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
export {
  type Endpoint,
  PhoneEndpoint,
  SipEndpoint,
  type User,
  ViberEndpoint,
  WebrtcEndpoint,
  WebsocketEndpoint,
  WhatsAppEndpoint,
} from "./api/endpoint.js";
export {
  AudioQualityMode,
  CallStatus,
  CallsConfiguration,
  CameraOrientation,
  EndpointType,
  FileFormat,
  NetworkQuality,
  RecordingType,
  RoleType,
  State,
  VideoMode,
  VideoRemovalReason,
  VideoType,
} from "./api/enums.js";
export { type ErrorCode, ErrorName, RtcError } from "./api/error-code.js";
export { CallsApiEvent, RtcEvent } from "./api/event-names.js";
export type {
  ActiveSpeakersEvent,
  AnsweredCallEvents,
  AnyCallEvents,
  ApplicationCallEvents,
  ConferenceJoinedEvent,
  ConnectedEvent,
  DialogJoinedEvent,
  DisconnectedEvent,
  EmptyEvent,
  ErrorEvent,
  EventSource,
  Handler,
  HangupEvent,
  IncomingApplicationCallEvent,
  IncomingWebrtcCallEvent,
  LocalMediaEvents,
  MachineDetectionFailedEvent,
  MachineDetectionFinishedEvent,
  MessageReceivedEvent,
  NetworkQualityEvent,
  ParticipantEvent,
  ParticipantNetworkQualityEvent,
  ParticipantsEvents,
  ParticipantVideoEvent,
  PhoneCallEvents,
  RecordingStartedEvent,
  RemoteNetworkQualityEvent,
  RoleChangedEvent,
  RoomCallEvents,
  RoomJoinedEvent,
  RtcEvents,
  StreamEvent,
  ViberCallEvents,
  VideoRemovedEvent,
  WebrtcCallEvents,
} from "./api/events.js";
export type { AudioFilter, RTCVideoFrame, VideoFilter, VideoFilterManager } from "./api/filters.js";
export {
  AudioOptions,
  type AudioOptionsBuilder,
  type AudioWishes,
  VideoOptions,
  type VideoOptionsBuilder,
  type VideoWishes,
} from "./api/media-options.js";
export {
  ApplicationCallOptions,
  type ApplicationCallWishes,
  CallOptions,
  type CallWishes,
  type CustomData,
  DeclineOptions,
  type DeclineOptionsBuilder,
  type DisplayOptions,
  type DisplaySurface,
  MachineDetectionOptions,
  type MediaCallOptions,
  PhoneCallOptions,
  type PhoneCallWishes,
  PlatformOptions,
  RoomCallOptions,
  type RoomCallWishes,
  ViberCallOptions,
  type ViberCallWishes,
  VideoCallOptions,
  type WatchOptions,
  WebrtcCallOptions,
  type WebrtcCallWishes,
} from "./api/options.js";
export type {
  ApplicationCallOptionsBuilder,
  CallOptionsBuilder,
  PhoneCallOptionsBuilder,
  RoomCallOptionsBuilder,
  ViberCallOptionsBuilder,
  VideoCallOptionsBuilder,
  WebrtcCallOptionsBuilder,
} from "./api/options-builders.js";
export type { Participant, ParticipantAudio, ParticipantMedia, ParticipantVideo, Role } from "./api/participant.js";
export {
  type AudioRecordingType,
  PhoneCallRecordingOptions,
  RecordingOptions,
  type RecordingState,
  RoomCallRecordingOptions,
  ViberCallRecordingOptions,
  WebrtcCallRecordingOptions,
} from "./api/recording.js";
export type {
  Capturer,
  FileResponse,
  LocalCapturer,
  LocalWebrtcCapturer,
  ServerCapturer,
  ServerWebrtcCapturer,
  WebrtcCapturer,
} from "./api/screen-capture.js";
export type { AudioStats, CurrentMediaStats, TotalMediaStats } from "./api/stats.js";
export { VideoCodec, VideoQuality } from "./api/video.js";
export { createRingbackRtc } from "./create.js";
export { RTCMediaDevice } from "./rtc-media-device.js";
export { playRingback, playRingtone, type StopTone, type ToneSource } from "./tones.js";
