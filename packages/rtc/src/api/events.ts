import type { IncomingApplicationCall, IncomingWebrtcCall } from "./calls.js";
import type { AudioPlaybackBlockedEvent, DevicesChangedEvent } from "./devices.js";
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
  /** The connection is open. */
  connected: ConnectedEvent;
  /** The connection is lost; the SDK opens another. */
  reconnecting: EmptyEvent;
  /** The connection is back. */
  reconnected: EmptyEvent;
  /** The connection is closed and stays closed. */
  disconnected: DisconnectedEvent;
  /** Somebody calls. */
  "incoming-webrtc-call": IncomingWebrtcCallEvent;
  /** An application calls. */
  "incoming-application-call": IncomingApplicationCallEvent;
  /** Ringback's own: a device was plugged in or pulled out. */
  "devices-changed": DevicesChangedEvent;
}

/** The payload of each event that every kind of call has. */
export interface AnyCallEvents {
  /** Something failed, and the call goes on. */
  error: ErrorEvent;
  /** This side's media is lost, and the call does what it can to have it again. */
  reconnecting: EmptyEvent;
  /** Media flows again. Comes once for each `reconnecting`, unless the call ends first. */
  reconnected: EmptyEvent;
  /** This side's line is better or worse than before. */
  "network-quality-changed": NetworkQualityEvent;
  /** The user speaks and is muted; only with `detectTalkingWhileMuted`. It comes once until there is quiet. */
  "talking-while-muted": EmptyEvent;
  /** Ringback's own: nothing that is attached sounds before the user clicks. */
  "audio-playback-blocked": AudioPlaybackBlockedEvent;
}

/** The payload of each event of this side's camera and screen. */
export interface LocalMediaEvents extends AnyCallEvents {
  /** This side's camera is on. */
  "camera-video-added": StreamEvent;
  /** The camera's stream is another one. */
  "camera-video-updated": StreamEvent;
  /** This side's camera is off. */
  "camera-video-removed": VideoRemovedEvent;
  /** This side shares its screen. */
  "screen-share-added": StreamEvent;
  /** This side shares its screen no longer. */
  "screen-share-removed": VideoRemovedEvent;
  /** The platform hears this side speak. */
  "started-talking": EmptyEvent;
  /** The platform hears this side speak no longer. */
  "stopped-talking": EmptyEvent;
}

/** The payload of each event of a call that is answered and hung up. */
export interface AnsweredCallEvents {
  /** The other side rings. */
  ringing: EmptyEvent;
  /** What the network plays before the answer. */
  "early-media": StreamEvent;
  /** The stream is the sound of the other side. */
  established: StreamEvent;
  /** The call is over. It comes exactly once and is the last event. */
  hangup: HangupEvent;
  /** This side's call is recorded from now on. */
  "call-recording-started": RecordingStartedEvent;
}

/** The payload of each event of a call between two. */
export interface WebrtcCallEvents extends LocalMediaEvents, AnsweredCallEvents {
  /** The other side's camera can be seen. */
  "remote-camera-video-added": StreamEvent;
  /** The other side's camera can be seen no longer. */
  "remote-camera-video-removed": EmptyEvent;
  /** The other side's screen can be seen. */
  "remote-screen-share-added": StreamEvent;
  /** The other side's screen can be seen no longer. */
  "remote-screen-share-removed": EmptyEvent;
  /** The other side's camera waits, because the line carries too little. */
  "remote-camera-video-paused": EmptyEvent;
  /** The other side's camera moves again. */
  "remote-camera-video-resumed": EmptyEvent;
  /** The other side's screen waits, because the line carries too little. */
  "remote-screen-share-paused": EmptyEvent;
  /** The other side's screen moves again. */
  "remote-screen-share-resumed": EmptyEvent;
  /** The other side has muted itself. */
  "remote-muted": EmptyEvent;
  /** The other side can be heard again. */
  "remote-unmuted": EmptyEvent;
  /** The platform does not hear the other side; it may be on its way back. */
  "remote-disconnected": EmptyEvent;
  /** The platform hears the other side again. */
  "remote-reconnected": EmptyEvent;
  /** The other side's line is better or worse than before. */
  "remote-network-quality-changed": RemoteNetworkQualityEvent;
}

/** The payload of each event of a Viber call. */
export interface ViberCallEvents extends AnyCallEvents, AnsweredCallEvents {}

/** The payload of each event of a phone call. */
export interface PhoneCallEvents extends ViberCallEvents {
  /** It is known whether a machine has answered. */
  "machine-detection-finished": MachineDetectionFinishedEvent;
  /** It will not be known whether a machine has answered. */
  "machine-detection-failed": MachineDetectionFailedEvent;
}

/** The payload of each event about the others in a room or a conference. */
export interface ParticipantsEvents extends LocalMediaEvents {
  /** Somebody enters, and is not connected yet. */
  "participant-joining": ParticipantEvent;
  /** Somebody is connected. */
  "participant-joined": ParticipantEvent;
  /** Somebody has gone. */
  "participant-left": ParticipantEvent;
  /** Somebody has muted itself. */
  "participant-muted": ParticipantEvent;
  /** Somebody can be heard again. */
  "participant-unmuted": ParticipantEvent;
  /** Somebody is kept from hearing the others. */
  "participant-deaf": ParticipantEvent;
  /** Somebody hears the others again. */
  "participant-undeaf": ParticipantEvent;
  /** Somebody is kept from seeing the others. */
  "participant-blinded": ParticipantEvent;
  /** Somebody sees the others again. */
  "participant-unblinded": ParticipantEvent;
  /** Somebody's camera can be seen. */
  "participant-camera-video-added": ParticipantVideoEvent;
  /** Somebody's camera can be seen no longer. */
  "participant-camera-video-removed": ParticipantEvent;
  /** Somebody's screen can be seen. */
  "participant-screen-share-added": ParticipantVideoEvent;
  /** Somebody's screen can be seen no longer. */
  "participant-screen-share-removed": ParticipantEvent;
  /** Somebody's camera waits, because the line carries too little. */
  "participant-camera-video-paused": ParticipantEvent;
  /** Somebody's camera moves again. */
  "participant-camera-video-resumed": ParticipantEvent;
  /** Somebody's screen waits, because the line carries too little. */
  "participant-screen-share-paused": ParticipantEvent;
  /** Somebody's screen moves again. */
  "participant-screen-share-resumed": ParticipantEvent;
  /** Somebody speaks. */
  "participant-started-talking": ParticipantEvent;
  /** Somebody has stopped to speak. */
  "participant-stopped-talking": ParticipantEvent;
  /** The platform does not hear the participant, who may be on the way back. */
  "participant-disconnected": ParticipantEvent;
  /** The platform hears the participant again. */
  "participant-reconnected": ParticipantEvent;
  /** Somebody's line is better or worse than before. */
  "participant-network-quality-changed": ParticipantNetworkQualityEvent;
  /** Somebody's role is another one. */
  "participant-role-changed": ParticipantEvent;
  /** This side's role is another one. */
  "role-changed": RoleChangedEvent;
  /** Who speaks has changed. */
  "active-speakers-changed": ActiveSpeakersEvent;
}

/** The payload of each event of a room. */
export interface RoomCallEvents extends ParticipantsEvents {
  /** The room is entered. */
  "room-joined": RoomJoinedEvent;
  /** This side is out of the room. It comes exactly once and is the last event. */
  "room-left": HangupEvent;
  /** The room is recorded from now on. */
  "room-recording-started": RecordingStartedEvent;
  /** @deprecated Use `reconnecting`. */
  "room-rejoining": EmptyEvent;
  /** @deprecated Use `reconnected`. */
  "room-rejoined": RoomJoinedEvent;
}

/** The payload of each event of a call to or from an application. */
export interface ApplicationCallEvents extends ParticipantsEvents, AnsweredCallEvents {
  /** This side's call is in a conference. */
  "conference-joined": ConferenceJoinedEvent;
  /** This side's call is in the conference no longer. */
  "conference-left": ErrorEvent;
  /** This side's call is in a dialog. */
  "dialog-joined": DialogJoinedEvent;
  /** This side's call is in the dialog no longer. */
  "dialog-left": ErrorEvent;
  /** This side's call is recorded no longer. */
  "call-recording-stopped": EmptyEvent;
  /** The dialog is recorded from now on. */
  "dialog-recording-started": RecordingStartedEvent;
  /** The dialog is recorded no longer. */
  "dialog-recording-stopped": EmptyEvent;
  /** The conference is recorded from now on. */
  "conference-recording-started": RecordingStartedEvent;
  /** The conference is recorded no longer. */
  "conference-recording-stopped": EmptyEvent;
  /** The application says something. */
  "message-received": MessageReceivedEvent;
  /** It is known whether a machine has answered. */
  "machine-detection-finished": MachineDetectionFinishedEvent;
  /** It will not be known whether a machine has answered. */
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
