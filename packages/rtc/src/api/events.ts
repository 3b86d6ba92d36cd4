import type { IncomingApplicationCall, IncomingWebrtcCall } from "./calls.js";
import type { NetworkQuality, RecordingType, VideoRemovalReason } from "./enums.js";
import type { ErrorCode } from "./error-code.js";
import type { CustomData } from "./options.js";
import type { Participant, Role } from "./participant.js";
import type { CurrentMediaStats, TotalMediaStats } from "./stats.js";

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
export interface IncomingWebrtcCallEvent<Data extends CustomData = CustomData> {
  /** The call to accept or to decline. */
  readonly incomingCall: IncomingWebrtcCall;
  /** The caller's data; empty when there is none. */
  readonly customData: Data;
}

/** An application calls the connected user. */
export interface IncomingApplicationCallEvent<Data extends CustomData = CustomData> {
  /** The call to accept or to decline. */
  readonly incomingCall: IncomingApplicationCall;
  /** The application's data; empty when there is none. */
  readonly customData: Data;
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

/** What is recorded from now on. */
export interface RecordingStartedEvent {
  /** What of it. */
  readonly recordingType: RecordingType;
}

/** This side's call is in a conference now. */
export interface ConferenceJoinedEvent extends RecordingStartedEvent {
  /** The conference. */
  readonly id: string;
  /** Its name, or null when it has none. */
  readonly name: string | null;
  /** Everybody else in it. */
  readonly participants: readonly Participant[];
}

/** This side's call is in a dialog now. */
export interface DialogJoinedEvent extends RecordingStartedEvent {
  /** The dialog. */
  readonly id: string;
  /** The other side. */
  readonly remote: Participant;
}

/** How good this side's line is. */
export interface NetworkQualityEvent {
  /** The level. */
  readonly networkQuality: NetworkQuality;
  /** What it was told by. */
  readonly currentMediaStats: CurrentMediaStats;
}

/** How good the other side's line is. */
export interface RemoteNetworkQualityEvent {
  /** The level. */
  readonly networkQuality: NetworkQuality;
}

/** How good a participant's line is. */
export interface ParticipantNetworkQualityEvent extends ParticipantEvent, RemoteNetworkQualityEvent {}

/** The application says something. */
export interface MessageReceivedEvent {
  /** What it says. */
  readonly message: string;
}

/** Whether a machine has answered. */
export interface MachineDetectionFinishedEvent {
  /** The verdict. */
  readonly detectionResult: string;
  /** How sure it is, from 0 to 1, by verdict. */
  readonly confidenceRating: Readonly<Record<string, number>>;
}

/** Nobody can tell whether a machine has answered. */
export interface MachineDetectionFailedEvent {
  /** Why. */
  readonly reason: string;
}

/** This side's role is another one. */
export interface RoleChangedEvent {
  /** The role now. */
  readonly role: Role;
}

/** The payload of each event of a client. */
export interface RtcEvents {
  connected: ConnectedEvent;
  reconnecting: EmptyEvent;
  reconnected: EmptyEvent;
  disconnected: DisconnectedEvent;
  "incoming-webrtc-call": IncomingWebrtcCallEvent;
  "incoming-application-call": IncomingApplicationCallEvent;
}

/** The payload of each event that every kind of call has. */
export interface AnyCallEvents {
  error: ErrorEvent;
  /** This side's media is lost, and the call does what it can to have it again. */
  reconnecting: EmptyEvent;
  /** Media flows again. Comes once for each `reconnecting`, unless the call ends first. */
  reconnected: EmptyEvent;
  "network-quality-changed": NetworkQualityEvent;
  "talking-while-muted": EmptyEvent;
}

/** The payload of each event of this side's camera and screen. */
export interface LocalMediaEvents extends AnyCallEvents {
  "camera-video-added": StreamEvent;
  /** The camera's stream is another one. */
  "camera-video-updated": StreamEvent;
  "camera-video-removed": VideoRemovedEvent;
  "screen-share-added": StreamEvent;
  "screen-share-removed": VideoRemovedEvent;
  /** The platform hears this side speak. */
  "started-talking": EmptyEvent;
  "stopped-talking": EmptyEvent;
}

/** The payload of each event of a call that is answered and hung up. */
export interface AnsweredCallEvents {
  ringing: EmptyEvent;
  /** What the network plays before the answer. */
  "early-media": StreamEvent;
  /** The stream is the sound of the other side. */
  established: StreamEvent;
  hangup: HangupEvent;
  "call-recording-started": RecordingStartedEvent;
}

/** The payload of each event of a call between two. */
export interface WebrtcCallEvents extends LocalMediaEvents, AnsweredCallEvents {
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
  /** The platform does not hear the other side; it may be on its way back. */
  "remote-disconnected": EmptyEvent;
  "remote-reconnected": EmptyEvent;
  "remote-network-quality-changed": RemoteNetworkQualityEvent;
}

/** The payload of each event of a Viber call. */
export interface ViberCallEvents extends AnyCallEvents, AnsweredCallEvents {}

/** The payload of each event of a phone call. */
export interface PhoneCallEvents extends ViberCallEvents {
  "machine-detection-finished": MachineDetectionFinishedEvent;
  "machine-detection-failed": MachineDetectionFailedEvent;
}

/** The payload of each event about the others in a room or a conference. */
export interface ParticipantsEvents extends LocalMediaEvents {
  "participant-joining": ParticipantEvent;
  "participant-joined": ParticipantEvent;
  "participant-left": ParticipantEvent;
  "participant-muted": ParticipantEvent;
  "participant-unmuted": ParticipantEvent;
  "participant-deaf": ParticipantEvent;
  "participant-undeaf": ParticipantEvent;
  "participant-blinded": ParticipantEvent;
  "participant-unblinded": ParticipantEvent;
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
  /** The platform does not hear the participant, who may be on the way back. */
  "participant-disconnected": ParticipantEvent;
  "participant-reconnected": ParticipantEvent;
  "participant-network-quality-changed": ParticipantNetworkQualityEvent;
  "participant-role-changed": ParticipantEvent;
  "role-changed": RoleChangedEvent;
  "active-speakers-changed": ActiveSpeakersEvent;
}

/** The payload of each event of a room. */
export interface RoomCallEvents extends ParticipantsEvents {
  "room-joined": RoomJoinedEvent;
  "room-left": HangupEvent;
  "room-recording-started": RecordingStartedEvent;
  /** @deprecated Use `reconnecting`. */
  "room-rejoining": EmptyEvent;
  /** @deprecated Use `reconnected`. */
  "room-rejoined": RoomJoinedEvent;
}

/** The payload of each event of a call to or from an application. */
export interface ApplicationCallEvents extends ParticipantsEvents, AnsweredCallEvents {
  "conference-joined": ConferenceJoinedEvent;
  "conference-left": ErrorEvent;
  "dialog-joined": DialogJoinedEvent;
  "dialog-left": ErrorEvent;
  "call-recording-stopped": EmptyEvent;
  "dialog-recording-started": RecordingStartedEvent;
  "dialog-recording-stopped": EmptyEvent;
  "conference-recording-started": RecordingStartedEvent;
  "conference-recording-stopped": EmptyEvent;
  "message-received": MessageReceivedEvent;
  "machine-detection-finished": MachineDetectionFinishedEvent;
  "machine-detection-failed": MachineDetectionFailedEvent;
}

/** What an application does when an event comes. An exception in it is logged and changes nothing else. */
export type Handler<Payload> = (event: Payload) => void;

/** Something that tells events. */
export interface EventSource<Events> {
  /**
   * Calls the handler at every event of this name. The same handler twice counts once. Throws an {@link RtcError} of
   * `INVALID_REQUEST` when the handler is no function.
   */
  on<Name extends keyof Events>(name: Name, handler: Handler<Events[Name]>): void;
  /** Stops calling the handler. A handler that is not there is no mistake. */
  off<Name extends keyof Events>(name: Name, handler: Handler<Events[Name]>): void;
}
