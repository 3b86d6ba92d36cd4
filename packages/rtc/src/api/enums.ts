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

/** The kinds of address that a call can have on its other side. This release's platform reaches `WEBRTC` only. */
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
 * Why a local video ended: by this side or the user, because somebody else in the room shares the screen now, or
 * because this side may not send video any more.
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

/** How much sound is sent: what the line carries, as little as speech needs, or what music wants. */
export enum AudioQualityMode {
  /** What suits a conversation. */
  AUTO = 0,
  /** Speech that is understood over a poor line. */
  LOW_DATA = 1,
  /** Music, and voices as if in the room. */
  HIGH_QUALITY = 2,
}

/** How good the line is. The numbers are part of the public surface; `NetworkQuality[4]` gives the name back. */
export enum NetworkQuality {
  /** A conversation is hardly possible. */
  BAD = 1,
  /** Sound breaks up often. */
  POOR = 2,
  /** Sound breaks up sometimes. */
  FAIR = 3,
  /** Hardly anything is noticed. */
  GOOD = 4,
  /** As good as it gets. */
  EXCELLENT = 5,
}

/** Which camera of a phone: the one that looks at its user, or the one that looks away. */
export const CameraOrientation = { FRONT: "user", BACK: "environment" } as const;
export type CameraOrientation = (typeof CameraOrientation)[keyof typeof CameraOrientation];

/** Whether everybody's screen can be seen at a time, or that of one presenter. */
export const VideoMode = { GRID: "GRID", PRESENTATION: "PRESENTATION" } as const;
export type VideoMode = (typeof VideoMode)[keyof typeof VideoMode];

/** What a video shows. */
export const VideoType = { CAMERA: "CAMERA", SCREENSHARE: "SCREENSHARE" } as const;
export type VideoType = (typeof VideoType)[keyof typeof VideoType];

/** What a participant may do and hear. */
export const RoleType = {
  DEFAULT: "DEFAULT",
  MONITOR: "MONITOR",
  ADVISOR: "ADVISOR",
  LISTENER: "LISTENER",
  AUDITOR: "AUDITOR",
} as const;
export type RoleType = (typeof RoleType)[keyof typeof RoleType];

/** The configurations of the platform's own applications, for `callApplication`. */
export const CallsConfiguration = { CONVERSATIONS: "conversations" } as const;
export type CallsConfiguration = (typeof CallsConfiguration)[keyof typeof CallsConfiguration];

/** What an image file is. */
export const FileFormat = { PNG: "image/png", JPEG: "image/jpeg" } as const;
export type FileFormat = (typeof FileFormat)[keyof typeof FileFormat];
