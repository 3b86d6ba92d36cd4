import type { IncomingWebrtcCall } from "./calls.js";
import type { RecordingType, VideoRemovalReason } from "./enums.js";
import type { ErrorCode } from "./error-code.js";
import type { CustomData } from "./options.js";
import type { Participant } from "./participant.js";
import type { TotalMediaStats } from "./stats.js";

/** What a client tells. `on` takes these as well as the plain strings. */
export const RtcEvent = {
  CONNECTED: "connected",
  RECONNECTING: "reconnecting",
  RECONNECTED: "reconnected",
  DISCONNECTED: "disconnected",
  INCOMING_WEBRTC_CALL: "incoming-webrtc-call",
} as const;
export type RtcEvent = (typeof RtcEvent)[keyof typeof RtcEvent];

/** What calls and rooms tell. `on` takes these as well as the plain strings. */
export const CallsApiEvent = {
  RINGING: "ringing",
  ESTABLISHED: "established",
  HANGUP: "hangup",
  ERROR: "error",
  CAMERA_VIDEO_ADDED: "camera-video-added",
  CAMERA_VIDEO_REMOVED: "camera-video-removed",
  SCREEN_SHARE_ADDED: "screen-share-added",
  SCREEN_SHARE_REMOVED: "screen-share-removed",
  STARTED_TALKING: "started-talking",
  STOPPED_TALKING: "stopped-talking",
  REMOTE_CAMERA_VIDEO_ADDED: "remote-camera-video-added",
  REMOTE_CAMERA_VIDEO_REMOVED: "remote-camera-video-removed",
  REMOTE_SCREEN_SHARE_ADDED: "remote-screen-share-added",
  REMOTE_SCREEN_SHARE_REMOVED: "remote-screen-share-removed",
  /** Ringback's own, as the three after it: the picture waits, because the line carries too little. */
  REMOTE_CAMERA_VIDEO_PAUSED: "remote-camera-video-paused",
  REMOTE_CAMERA_VIDEO_RESUMED: "remote-camera-video-resumed",
  REMOTE_SCREEN_SHARE_PAUSED: "remote-screen-share-paused",
  REMOTE_SCREEN_SHARE_RESUMED: "remote-screen-share-resumed",
  REMOTE_MUTED: "remote-muted",
  REMOTE_UNMUTED: "remote-unmuted",
  ROOM_JOINED: "room-joined",
  ROOM_LEFT: "room-left",
  PARTICIPANT_JOINING: "participant-joining",
  PARTICIPANT_JOINED: "participant-joined",
  PARTICIPANT_LEFT: "participant-left",
  PARTICIPANT_MUTED: "participant-muted",
  PARTICIPANT_UNMUTED: "participant-unmuted",
  PARTICIPANT_CAMERA_VIDEO_ADDED: "participant-camera-video-added",
  PARTICIPANT_CAMERA_VIDEO_REMOVED: "participant-camera-video-removed",
  PARTICIPANT_SCREEN_SHARE_ADDED: "participant-screen-share-added",
  PARTICIPANT_SCREEN_SHARE_REMOVED: "participant-screen-share-removed",
  /** Ringback's own, as the three after it: the picture waits, because the line carries too little. */
  PARTICIPANT_CAMERA_VIDEO_PAUSED: "participant-camera-video-paused",
  PARTICIPANT_CAMERA_VIDEO_RESUMED: "participant-camera-video-resumed",
  PARTICIPANT_SCREEN_SHARE_PAUSED: "participant-screen-share-paused",
  PARTICIPANT_SCREEN_SHARE_RESUMED: "participant-screen-share-resumed",
  PARTICIPANT_STARTED_TALKING: "participant-started-talking",
  PARTICIPANT_STOPPED_TALKING: "participant-stopped-talking",
  /** Ringback's own: who speaks, the loudest first. */
  ACTIVE_SPEAKERS_CHANGED: "active-speakers-changed",
} as const;
export type CallsApiEvent = (typeof CallsApiEvent)[keyof typeof CallsApiEvent];

/** An event that says nothing but its name. */
export type EmptyEvent = Readonly<Record<string, never>>;

/** The connection is open. */
export interface ConnectedEvent {
  /** The user whom the token names. */
  readonly identity: string;
}

/** The connection is closed and stays closed. */
export interface DisconnectedEvent {
  /** `USER_REQUEST` after `disconnect()`, otherwise the name of an {@link ErrorCode}, such as `UNAUTHENTICATED`. */
  readonly reason: string;
}

/** Somebody calls the connected user. */
export interface IncomingWebrtcCallEvent {
  /** The call to accept or to decline. */
  readonly incomingCall: IncomingWebrtcCall;
  /** The caller's data; empty when there is none. */
  readonly customData: CustomData;
}

/** A media stream to show or play. */
export interface StreamEvent {
  /** For the `srcObject` of an audio or video element. */
  readonly stream: MediaStream;
}

/** A call is over. It comes exactly once per call and is the call's last event. */
export interface HangupEvent {
  /** Why it is over. */
  readonly errorCode: ErrorCode;
  /** What was measured from the start to the end. */
  readonly totalMediaStats: TotalMediaStats;
}

/** Something failed, and the call goes on. */
export interface ErrorEvent {
  /** What failed. */
  readonly errorCode: ErrorCode;
}

/** The local camera was switched off, or the screen is shared no longer. */
export interface VideoRemovedEvent {
  /** Why the video ended. */
  readonly reason: VideoRemovalReason;
}

/** The room is entered and its media is connected. */
export interface RoomJoinedEvent {
  /** The id of this side's call in the room. */
  readonly id: string;
  /** The room's name. */
  readonly name: string;
  /** Everybody else who is in the room already. */
  readonly participants: readonly Participant[];
  /** The sound of everybody else; it stays the same while people come and go. */
  readonly stream: MediaStream;
  /** What of the room is recorded; this release's platform does not say. */
  readonly recordingType: RecordingType;
}

/** Something about a participant of the room. */
export interface ParticipantEvent {
  /** The participant as it is now; for one that left, as it was. */
  readonly participant: Participant;
}

/** A participant's camera or screen can be seen from now on; the stream stays the same until it is removed. */
export interface ParticipantVideoEvent extends ParticipantEvent, StreamEvent {}

/** Who speaks has changed. */
export interface ActiveSpeakersEvent {
  /** The participants who speak now, the loudest first; this side is not among them. */
  readonly participants: readonly Participant[];
}

/** The payload of each event of a client. */
export interface RtcEvents {
  connected: ConnectedEvent;
  reconnecting: EmptyEvent;
  reconnected: EmptyEvent;
  disconnected: DisconnectedEvent;
  "incoming-webrtc-call": IncomingWebrtcCallEvent;
}

/** The payload of each event that every kind of call has. */
export interface LocalMediaEvents {
  error: ErrorEvent;
  "camera-video-added": StreamEvent;
  "camera-video-removed": VideoRemovedEvent;
  "screen-share-added": StreamEvent;
  "screen-share-removed": VideoRemovedEvent;
  /** The platform hears this side speak. */
  "started-talking": EmptyEvent;
  "stopped-talking": EmptyEvent;
}

/** The payload of each event of a call between two. */
export interface WebrtcCallEvents extends LocalMediaEvents {
  ringing: EmptyEvent;
  /** The stream is the sound of the other side. */
  established: StreamEvent;
  hangup: HangupEvent;
  "remote-camera-video-added": StreamEvent;
  "remote-camera-video-removed": EmptyEvent;
  "remote-screen-share-added": StreamEvent;
  "remote-screen-share-removed": EmptyEvent;
  "remote-camera-video-paused": EmptyEvent;
  "remote-camera-video-resumed": EmptyEvent;
  "remote-screen-share-paused": EmptyEvent;
  "remote-screen-share-resumed": EmptyEvent;
  "remote-muted": EmptyEvent;
  "remote-unmuted": EmptyEvent;
}

/** The payload of each event of a room. */
export interface RoomCallEvents extends LocalMediaEvents {
  "room-joined": RoomJoinedEvent;
  "room-left": HangupEvent;
  "participant-joining": ParticipantEvent;
  "participant-joined": ParticipantEvent;
  "participant-left": ParticipantEvent;
  "participant-muted": ParticipantEvent;
  "participant-unmuted": ParticipantEvent;
  "participant-camera-video-added": ParticipantVideoEvent;
  "participant-camera-video-removed": ParticipantEvent;
  "participant-screen-share-added": ParticipantVideoEvent;
  "participant-screen-share-removed": ParticipantEvent;
  "participant-camera-video-paused": ParticipantEvent;
  "participant-camera-video-resumed": ParticipantEvent;
  "participant-screen-share-paused": ParticipantEvent;
  "participant-screen-share-resumed": ParticipantEvent;
  "participant-started-talking": ParticipantEvent;
  "participant-stopped-talking": ParticipantEvent;
  "active-speakers-changed": ActiveSpeakersEvent;
}

/** What an application does when an event comes. An exception in it is logged and changes nothing else. */
export type Handler<Payload> = (event: Payload) => void;

/** Something that tells events. */
export interface EventSource<Events> {
  /** Calls the handler at every event of this name. The same handler twice counts once. */
  on<Name extends keyof Events>(name: Name, handler: Handler<Events[Name]>): void;
  /** Stops calling the handler. A handler that is not there is no mistake. */
  off<Name extends keyof Events>(name: Name, handler: Handler<Events[Name]>): void;
}
