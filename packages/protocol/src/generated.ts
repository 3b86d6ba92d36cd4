// Generated from protocol/signaling/schema.json by `npm run generate`. Do not edit.

/**
 * A message of the signaling protocol, version 1; README.md beside this file says how the conversation goes. Fields that are not named here are ignored.
 */
export type Definition = ClientMessage | ServerMessage | Results | ErrorCode;
/**
 * What a client may send.
 */
export type ClientMessage =
  | Hello
  | Ping
  | CallStart
  | CallAccept
  | CallDecline
  | CallHangUp
  | RoomJoin
  | RoomLeave
  | MediaOffer
  | MediaUpdate
  | EchoStart
  | SlotsPrefer
  | TextSend
  | TextConfirm;
/**
 * Numbers the client's messages of one session, over all its sockets: 1, 2, 3 …
 */
export type MessageId = number;
/**
 * Chosen by the platform.
 */
export type Id = string;
/**
 * Proves that the session was this client's.
 */
export type ResumeKey = string;
/**
 * The last event that arrived; 0 for none.
 */
export type LastSequence = number;
/**
 * Who is called.
 */
export type Destination = WebrtcDestination | PhoneDestination | ApplicationDestination;
/**
 * The name of a user of an account.
 */
export type Identity = string;
/**
 * An international number as in E.164, with or without the plus sign.
 */
export type PhoneNumber = string;
/**
 * Of a calls configuration, an application or an entity of the account.
 */
export type ProvisionedId = string;
/**
 * 1 … 100 characters, none of them a control character.
 */
export type RoomName = string;
/**
 * A session description (RFC 8866).
 */
export type Sdp = string;
/**
 * Of a video slot.
 */
export type SlotIndex = number;
/**
 * Of a screen, as it has them.
 */
export type Pixels = number;
/**
 * 1 … 8192 bytes of UTF-8.
 */
export type Text = string;
/**
 * What the platform may send.
 */
export type ServerMessage =
  | Reply
  | Error
  | SessionRestored
  | CallIncoming
  | CallRinging
  | CallEstablished
  | RoomJoined
  | ParticipantJoining
  | ParticipantJoined
  | ParticipantUpdated
  | ParticipantLeft
  | SlotsChanged
  | SpeakersChanged
  | AbsentChanged
  | SlotsPaused
  | LayersWanted
  | ScreenStopped
  | MediaLost
  | TextReceived
  | TextDelivered
  | TextBroadcast
  | CallEnded;
/**
 * Numbers the events of one session: 1, 2, 3 …
 */
export type Sequence = number;
/**
 * JOINING until its media is connected.
 */
export type ParticipantState = "JOINING" | "JOINED";
/**
 * Everybody else in the conversation, in the order they entered.
 */
export type Participants = Participant[];
/**
 * The number that the packets of a publication carry as CSRC; null when the slot has none of this kind.
 */
export type Publication = number | null;
/**
 * The slots in use, by ascending index.
 */
export type Slots = Slot[];
/**
 * How many video slots the client shall offer by now; it never shrinks during a call.
 */
export type VideoSlots = 4 | 9 | 16 | 25 | 49;
/**
 * How many simulcast layers, from the lowest up; 0: nobody receives it.
 */
export type LayerCount = number;
/**
 * RFC 3339.
 */
export type Date = string;
/**
 * The codes of version 1. A client takes a code that it does not know like INTERNAL.
 */
export type ErrorCode =
  | "INVALID_MESSAGE"
  | "UNAUTHENTICATED"
  | "HELLO_TIMEOUT"
  | "MESSAGE_TOO_LARGE"
  | "TOO_MANY_MESSAGES"
  | "CALL_NOT_FOUND"
  | "INVALID_STATE"
  | "OFFER_INVALID"
  | "OFFER_TOO_LARGE"
  | "ROOM_FULL"
  | "SERVICE_UNAVAILABLE"
  | "INTERNAL";

/**
 * Opens the session; the first message of a connection.
 */
export interface Hello {
  type: "hello";
  id: MessageId;
  token: string;
  /**
   * The SDK that speaks.
   */
  client: {
    name: string;
    version: string;
  };
  resume?: Resume;
}
/**
 * Which session the client had when it lost its socket.
 */
export interface Resume {
  sessionId: Id;
  resumeKey: ResumeKey;
  lastSequence: LastSequence;
}
/**
 * Keeps the connection alive and confirms the events.
 */
export interface Ping {
  type: "ping";
  id: MessageId;
  received: LastSequence;
}
/**
 * Calls somebody.
 */
export interface CallStart {
  type: "call.start";
  id: MessageId;
  destination: Destination;
  microphone: boolean;
  camera: boolean;
  customData?: CustomData;
}
/**
 * An identity, on whichever of its devices.
 */
export interface WebrtcDestination {
  type: "WEBRTC";
  identity: Identity;
}
/**
 * A phone.
 */
export interface PhoneDestination {
  type: "PHONE";
  phoneNumber: PhoneNumber;
  from?: PhoneNumber;
}
/**
 * A backend, which decides what becomes of the call.
 */
export interface ApplicationDestination {
  type: "APPLICATION";
  callsConfigurationId: ProvisionedId;
  applicationId?: ProvisionedId;
  entityId?: ProvisionedId;
  /**
   * Keep the call for a while when its endpoint is gone. Default false.
   */
  autoReconnect?: boolean;
}
/**
 * The application's own data, at most 4 KiB as JSON (UTF-8 bytes, written without spaces).
 */
export interface CustomData {
  [k: string]: string;
}
/**
 * Answers an incoming call.
 */
export interface CallAccept {
  type: "call.accept";
  id: MessageId;
  callId: Id;
  microphone: boolean;
  camera: boolean;
}
/**
 * Refuses an incoming call.
 */
export interface CallDecline {
  type: "call.decline";
  id: MessageId;
  callId: Id;
  onAllDevices?: boolean;
}
/**
 * Ends a call between two.
 */
export interface CallHangUp {
  type: "call.hangUp";
  id: MessageId;
  callId: Id;
}
/**
 * Enters a room.
 */
export interface RoomJoin {
  type: "room.join";
  id: MessageId;
  name: RoomName;
  microphone: boolean;
  camera: boolean;
  customData?: CustomData;
}
/**
 * Leaves a room.
 */
export interface RoomLeave {
  type: "room.leave";
  id: MessageId;
  callId: Id;
}
/**
 * Offers the client's media; the answer is in the reply.
 */
export interface MediaOffer {
  type: "media.offer";
  id: MessageId;
  callId: Id;
  sdp: Sdp;
  /**
   * Counts the client's PeerConnections in this call; 1 when it is missing.
   */
  connection?: number;
}
/**
 * Says what the client sends from now on; a missing field has not changed.
 */
export interface MediaUpdate {
  type: "media.update";
  id: MessageId;
  callId: Id;
  microphone?: boolean;
  camera?: boolean;
  screen?: boolean;
}
/**
 * Tests the line: a call that carries this client's own microphone and camera back to it.
 */
export interface EchoStart {
  type: "echo.start";
  id: MessageId;
  microphone: boolean;
  camera: boolean;
}
/**
 * Says how large video slots are shown; those that are not named stay as they were.
 */
export interface SlotsPrefer {
  type: "slots.prefer";
  id: MessageId;
  callId: Id;
  /**
   * @maxItems 49
   */
  slots: SlotPreference[];
}
/**
 * How large a video slot is shown; 0 x 0 is not at all.
 */
export interface SlotPreference {
  index: SlotIndex;
  width: Pixels;
  height: Pixels;
  /**
   * It comes before others when bandwidth is scarce.
   */
  pinned: boolean;
}
/**
 * Sends a text to everybody else in the conversation, or to those of them with one identity.
 */
export interface TextSend {
  type: "text.send";
  id: MessageId;
  callId: Id;
  text: Text;
  to?: WebrtcDestination;
}
/**
 * Says that a text has arrived in this call, and every one that came before it.
 */
export interface TextConfirm {
  type: "text.confirm";
  id: MessageId;
  callId: Id;
  textId: Id;
}
/**
 * Answers the request of the same id; which of Results it carries follows from that request.
 */
export interface Reply {
  type: "reply";
  id: MessageId;
  result: {
    [k: string]: unknown;
  };
}
/**
 * Refuses the request of the same id.
 */
export interface Error {
  type: "error";
  /**
   * Null when the message's own id could not be read, or the error answers no message.
   */
  id: MessageId | null;
  /**
   * One of ErrorCode.
   */
  code: string;
  message: string;
  /**
   * The path of the offending field.
   */
  field: string | null;
}
/**
 * The platform's process was started again: the calls that this session still has, each told afresh by what follows.
 */
export interface SessionRestored {
  type: "session.restored";
  sequence: Sequence;
  calls: Id[];
}
/**
 * Somebody calls this identity.
 */
export interface CallIncoming {
  type: "call.incoming";
  sequence: Sequence;
  callId: Id;
  from: Endpoint;
  camera: boolean;
  customData: CustomData;
}
/**
 * The address of a participant or a caller.
 */
export interface Endpoint {
  type: "WEBRTC";
  identity: Identity;
  displayName: string | null;
}
/**
 * The other side rings.
 */
export interface CallRinging {
  type: "call.ringing";
  sequence: Sequence;
  callId: Id;
}
/**
 * The call was answered.
 */
export interface CallEstablished {
  type: "call.established";
  sequence: Sequence;
  callId: Id;
  participants: Participants;
  slots: Slots;
  videoSlots: VideoSlots;
}
/**
 * Somebody else's presence in the same conversation; its id is the id of its call.
 */
export interface Participant {
  id: Id;
  endpoint: Endpoint;
  state: ParticipantState;
  /**
   * Not muted.
   */
  microphone: boolean;
  /**
   * Sending its camera.
   */
  camera: boolean;
  /**
   * Sending its screen.
   */
  screen: boolean;
}
/**
 * A pair of receive tracks in use: audio slot and video slot of this index show this participant. A shared screen has a slot of its own.
 */
export interface Slot {
  index: number;
  participantId: Id;
  microphone: Publication;
  camera: Publication;
  screen: Publication;
}
/**
 * This side's media is connected: the room as it is now.
 */
export interface RoomJoined {
  type: "room.joined";
  sequence: Sequence;
  callId: Id;
  name: RoomName;
  participants: Participants;
  slots: Slots;
  videoSlots: VideoSlots;
}
/**
 * Somebody enters the room; the media is not connected yet.
 */
export interface ParticipantJoining {
  type: "participant.joining";
  sequence: Sequence;
  callId: Id;
  participant: Participant;
}
/**
 * The participant's media is connected.
 */
export interface ParticipantJoined {
  type: "participant.joined";
  sequence: Sequence;
  callId: Id;
  participant: Participant;
}
/**
 * The participant muted, unmuted, switched the camera or the screen.
 */
export interface ParticipantUpdated {
  type: "participant.updated";
  sequence: Sequence;
  callId: Id;
  participant: Participant;
}
export interface ParticipantLeft {
  type: "participant.left";
  sequence: Sequence;
  callId: Id;
  participantId: Id;
}
/**
 * The whole new mapping.
 */
export interface SlotsChanged {
  type: "slots.changed";
  sequence: Sequence;
  callId: Id;
  slots: Slots;
  videoSlots: VideoSlots;
}
/**
 * Who speaks now, the loudest first; the receiver's own callId stands for itself.
 */
export interface SpeakersChanged {
  type: "speakers.changed";
  sequence: Sequence;
  callId: Id;
  speakers: Id[];
}
/**
 * All participants of the conversation from whom the platform hears nothing at the moment. A hint: not stored.
 */
export interface AbsentChanged {
  type: "absent.changed";
  sequence: Sequence;
  callId: Id;
  absent: Id[];
}
/**
 * These video slots of the client, and no others, are paused for want of bandwidth. A hint.
 */
export interface SlotsPaused {
  type: "slots.paused";
  sequence: Sequence;
  callId: Id;
  slots: SlotIndex[];
}
/**
 * How much of the client's own camera and screen somebody needs. A hint.
 */
export interface LayersWanted {
  type: "layers.wanted";
  sequence: Sequence;
  callId: Id;
  camera: LayerCount;
  screen: LayerCount;
}
/**
 * The platform has ended this client's screen share.
 */
export interface ScreenStopped {
  type: "screen.stopped";
  sequence: Sequence;
  callId: Id;
  /**
   * ACTIVE_PRESENTER_CHANGED: somebody else in the room shares now.
   */
  reason: "ACTIVE_PRESENTER_CHANGED";
}
/**
 * The platform's side of this client's media connection is gone; the client makes a new one and offers it.
 */
export interface MediaLost {
  type: "media.lost";
  sequence: Sequence;
  callId: Id;
}
/**
 * Somebody else in the conversation has sent a text.
 */
export interface TextReceived {
  type: "text.received";
  sequence: Sequence;
  callId: Id;
  textId: Id;
  text: Text;
  from: Endpoint;
  /**
   * Not to everybody.
   */
  direct: boolean;
  date: Date;
}
/**
 * What became of a text of this client; once for each.
 */
export interface TextDelivered {
  type: "text.delivered";
  sequence: Sequence;
  callId: Id;
  textId: Id;
  /**
   * All to whom it was sent have confirmed it.
   */
  delivered: boolean;
  date: Date;
}
/**
 * The account's backend says something to the whole conversation.
 */
export interface TextBroadcast {
  type: "text.broadcast";
  sequence: Sequence;
  callId: Id;
  text: Text;
  date: Date;
}
/**
 * Exactly once per call, rooms included; the last event of that call.
 */
export interface CallEnded {
  type: "call.ended";
  sequence: Sequence;
  callId: Id;
  reason: EndReason;
}
/**
 * Why a call ended: one of the public hangup causes.
 */
export interface EndReason {
  id: number;
  name: string;
  description: string;
}
/**
 * The result of each request.
 */
export interface Results {
  hello: SessionOpened;
  ping: Done;
  "call.start": CallCreated;
  "call.accept": Done;
  "call.decline": Done;
  "call.hangUp": Done;
  "room.join": CallCreated;
  "room.leave": Done;
  "media.offer": MediaAnswer;
  "media.update": Done;
  "echo.start": CallCreated;
  "slots.prefer": Done;
  "text.send": TextSent;
  "text.confirm": Done;
}
export interface SessionOpened {
  sessionId: Id;
  identity: Identity;
  displayName: string | null;
  /**
   * When the token expires (RFC 3339).
   */
  expiresAt: string;
  keepAliveSeconds: number;
  resumeKey: ResumeKey;
  /**
   * How long the platform keeps the session without a socket.
   */
  resumeSeconds: number;
  /**
   * Whether it is the session that the client had.
   */
  resumed: boolean;
  /**
   * TURN servers for clients that cannot reach a worker otherwise.
   */
  iceServers: IceServer[];
}
/**
 * A TURN server, as RTCPeerConnection takes it.
 */
export interface IceServer {
  urls: string[];
  username: string;
  credential: string;
}
/**
 * Nothing to say.
 */
export interface Done {}
export interface CallCreated {
  callId: Id;
}
export interface MediaAnswer {
  sdp: Sdp;
}
export interface TextSent {
  textId: Id;
}
