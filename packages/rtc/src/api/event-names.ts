/** What a client tells. `on` takes these as well as the plain strings. */
export const RtcEvent = {
  CONNECTED: "connected",
  RECONNECTING: "reconnecting",
  RECONNECTED: "reconnected",
  DISCONNECTED: "disconnected",
  INCOMING_WEBRTC_CALL: "incoming-webrtc-call",
  /** The platform calls for an application; this release's never does. */
  INCOMING_APPLICATION_CALL: "incoming-application-call",
  /** Ringback's own: a device was plugged in or pulled out. */
  DEVICES_CHANGED: "devices-changed",
} as const;
export type RtcEvent = (typeof RtcEvent)[keyof typeof RtcEvent];

/** What calls and rooms tell. `on` takes these as well as the plain strings. */
export const CallsApiEvent = {
  RINGING: "ringing",
  EARLY_MEDIA: "early-media",
  ESTABLISHED: "established",
  HANGUP: "hangup",
  ERROR: "error",
  RECONNECTING: "reconnecting",
  RECONNECTED: "reconnected",
  NETWORK_QUALITY_CHANGED: "network-quality-changed",
  CAMERA_VIDEO_ADDED: "camera-video-added",
  CAMERA_VIDEO_UPDATED: "camera-video-updated",
  CAMERA_VIDEO_REMOVED: "camera-video-removed",
  SCREEN_SHARE_ADDED: "screen-share-added",
  SCREEN_SHARE_REMOVED: "screen-share-removed",
  STARTED_TALKING: "started-talking",
  STOPPED_TALKING: "stopped-talking",
  TALKING_WHILE_MUTED: "talking-while-muted",
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
  REMOTE_DISCONNECTED: "remote-disconnected",
  REMOTE_RECONNECTED: "remote-reconnected",
  REMOTE_NETWORK_QUALITY_CHANGED: "remote-network-quality-changed",
  CONFERENCE_JOINED: "conference-joined",
  CONFERENCE_LEFT: "conference-left",
  DIALOG_JOINED: "dialog-joined",
  DIALOG_LEFT: "dialog-left",
  ROOM_JOINED: "room-joined",
  ROOM_LEFT: "room-left",
  /**
   * The older name of `RECONNECTING` in rooms.
   *
   * @deprecated Use `RECONNECTING`.
   */
  ROOM_REJOINING: "room-rejoining",
  /**
   * The older name of `RECONNECTED` in rooms.
   *
   * @deprecated Use `RECONNECTED`.
   */
  ROOM_REJOINED: "room-rejoined",
  PARTICIPANT_JOINING: "participant-joining",
  PARTICIPANT_JOINED: "participant-joined",
  PARTICIPANT_LEFT: "participant-left",
  PARTICIPANT_MUTED: "participant-muted",
  PARTICIPANT_UNMUTED: "participant-unmuted",
  PARTICIPANT_DEAF: "participant-deaf",
  PARTICIPANT_UNDEAF: "participant-undeaf",
  PARTICIPANT_BLINDED: "participant-blinded",
  PARTICIPANT_UNBLINDED: "participant-unblinded",
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
  PARTICIPANT_DISCONNECTED: "participant-disconnected",
  PARTICIPANT_RECONNECTED: "participant-reconnected",
  PARTICIPANT_NETWORK_QUALITY_CHANGED: "participant-network-quality-changed",
  CALL_RECORDING_STARTED: "call-recording-started",
  CALL_RECORDING_STOPPED: "call-recording-stopped",
  DIALOG_RECORDING_STARTED: "dialog-recording-started",
  DIALOG_RECORDING_STOPPED: "dialog-recording-stopped",
  CONFERENCE_RECORDING_STARTED: "conference-recording-started",
  CONFERENCE_RECORDING_STOPPED: "conference-recording-stopped",
  ROOM_RECORDING_STARTED: "room-recording-started",
  MESSAGE_RECEIVED: "message-received",
  MACHINE_DETECTION_FINISHED: "machine-detection-finished",
  MACHINE_DETECTION_FAILED: "machine-detection-failed",
  ROLE_CHANGED: "role-changed",
  PARTICIPANT_ROLE_CHANGED: "participant-role-changed",
  /** Ringback's own: who speaks, the loudest first. */
  ACTIVE_SPEAKERS_CHANGED: "active-speakers-changed",
  /** Ringback's own: the browser lets the page make no sound before a click. */
  AUDIO_PLAYBACK_BLOCKED: "audio-playback-blocked",
} as const;
export type CallsApiEvent = (typeof CallsApiEvent)[keyof typeof CallsApiEvent];
