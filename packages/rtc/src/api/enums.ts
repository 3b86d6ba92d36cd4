/** Where a call stands. The numbers are part of the public surface; `CallStatus[4]` gives the name back. */
export enum CallStatus {
  /** The call has been made here, and the platform has not been asked yet. */
  INITIALIZED = 0,
  /** The platform has been asked to call. */
  CALLING = 1,
  /** The other side rings; for an incoming call, this side. */
  RINGING = 2,
  /** An incoming call was accepted, or a room is being joined. */
  CONNECTING = 3,
  /** Answered, or the room is joined. */
  ESTABLISHED = 4,
  /** Over, for whatever reason. */
  FINISHED = 5,
}

/** The kinds of address that a call can have on its other side. This release reaches `WEBRTC` only. */
export const EndpointType = {
  WEBRTC: "WEBRTC",
  SIP: "SIP",
  PHONE: "PHONE",
  VIBER: "VIBER",
  WHATSAPP: "WHATSAPP",
  WEBSOCKET: "WEBSOCKET",
} as const;
export type EndpointType = (typeof EndpointType)[keyof typeof EndpointType];

/** How far a participant has come: `JOINING` until its media is connected. */
export const State = { JOINING: "JOINING", JOINED: "JOINED" } as const;
export type State = (typeof State)[keyof typeof State];

/**
 * Why a local video ended: by this side or the user, or because somebody else in the room shares the screen now.
 * `ROLE_CHANGED` does not happen in this release.
 */
export const VideoRemovalReason = {
  USER_REQUEST: "USER_REQUEST",
  ACTIVE_PRESENTER_CHANGED: "ACTIVE_PRESENTER_CHANGED",
  ROLE_CHANGED: "ROLE_CHANGED",
} as const;
export type VideoRemovalReason = (typeof VideoRemovalReason)[keyof typeof VideoRemovalReason];

/** What of a call is recorded. `UNDEFINED` means that the platform has not said. */
export const RecordingType = {
  NO_RECORDING: "NO_RECORDING",
  UNDEFINED: "UNDEFINED",
  AUDIO: "AUDIO",
  AUDIO_AND_VIDEO: "AUDIO_AND_VIDEO",
} as const;
export type RecordingType = (typeof RecordingType)[keyof typeof RecordingType];
