import {
  CallsApiEvent,
  type Endpoint,
  type MediaCall,
  type Participant,
  type ParticipantEvent,
  type RoomCall,
  type WebrtcCall,
} from "@ringback/rtc";
import type { Conversation, Line, Tile } from "./conversation";

/** The one other person of a call between two: there is nobody to confuse them with. */
const OTHER = "other";

/** Somebody of whom nothing has come yet. */
const UNSEEN = {
  muted: false,
  joining: false,
  talking: false,
  absent: false,
  video: null,
  screen: null,
  videoWaits: false,
  screenWaits: false,
} as const;

/** What people are called: the name they gave, else the identity that proves who they are. */
export function nameOfEndpoint(endpoint: Endpoint): string {
  return endpoint.displayIdentifier || endpoint.identifier;
}

/** Says what happens in a room or a call, for those who do not see it. */
export interface Told {
  joined(name: string): void;
  left(name: string): void;
  muted(name: string, muted: boolean): void;
  shares(name: string, shares: boolean): void;
  /** Somebody's connection is lost, or is back. */
  absent(name: string, absent: boolean): void;
  /** This side's own. */
  interrupted(interrupted: boolean): void;
}

/** Lets a call between two drive a conversation. */
export function followCall(conversation: Conversation, call: WebrtcCall, told: Told): void {
  const change = (changes: Partial<Tile>): void => {
    const [known] = conversation.tiles.value;
    const name = conversation.name.value;
    conversation.shows({ id: OTHER, ...UNSEEN, ...known, name, ...changes });
  };
  const changeMuted = (muted: boolean): void => {
    change({ muted });
    told.muted(conversation.name.value, muted);
  };
  const changeScreen = (screen: MediaStream | null): void => {
    change({ screen, screenWaits: false });
    told.shares(conversation.name.value, screen !== null);
  };
  const changeAbsent = (absent: boolean): void => {
    change({ absent });
    told.absent(conversation.name.value, absent);
  };
  conversation.attach({ ...lineOf(call), end: () => call.hangup() });
  followOwnSide(conversation, call, told);
  call.on(CallsApiEvent.RINGING, () => conversation.rings());
  call.on(CallsApiEvent.ESTABLISHED, ({ stream }) => {
    // The platform says what they call themselves; until then they go by what was typed.
    conversation.name.value = call.counterpart().displayIdentifier || conversation.name.value;
    change({});
    conversation.connects(stream);
  });
  call.on(CallsApiEvent.REMOTE_CAMERA_VIDEO_ADDED, ({ stream }) => change({ video: stream }));
  call.on(CallsApiEvent.REMOTE_CAMERA_VIDEO_REMOVED, () => change({ video: null, videoWaits: false }));
  call.on(CallsApiEvent.REMOTE_CAMERA_VIDEO_PAUSED, () => change({ videoWaits: true }));
  call.on(CallsApiEvent.REMOTE_CAMERA_VIDEO_RESUMED, () => change({ videoWaits: false }));
  call.on(CallsApiEvent.REMOTE_SCREEN_SHARE_PAUSED, () => change({ screenWaits: true }));
  call.on(CallsApiEvent.REMOTE_SCREEN_SHARE_RESUMED, () => change({ screenWaits: false }));
  call.on(CallsApiEvent.REMOTE_SCREEN_SHARE_ADDED, ({ stream }) => changeScreen(stream));
  call.on(CallsApiEvent.REMOTE_SCREEN_SHARE_REMOVED, () => changeScreen(null));
  call.on(CallsApiEvent.REMOTE_DISCONNECTED, () => changeAbsent(true));
  call.on(CallsApiEvent.REMOTE_RECONNECTED, () => changeAbsent(false));
  call.on(CallsApiEvent.REMOTE_MUTED, () => changeMuted(true));
  call.on(CallsApiEvent.REMOTE_UNMUTED, () => changeMuted(false));
  call.on(CallsApiEvent.HANGUP, ({ errorCode }) => conversation.ends(errorCode.name));
}

/** Lets a stay in a room drive a conversation. */
export function followRoom(conversation: Conversation, room: RoomCall, told: Told): void {
  const change = (participant: Participant, changes: Partial<Tile> = {}): void => {
    const known = conversation.tiles.value.find(({ id }) => id === participant.callId);
    const { video, screen, videoWaits, screenWaits } = known ?? UNSEEN;
    conversation.shows({ ...tileOf(participant), video, screen, videoWaits, screenWaits, ...changes });
  };
  const changeMuted = (participant: Participant, muted: boolean): void => {
    change(participant, { muted });
    told.muted(nameOfEndpoint(participant.endpoint), muted);
  };
  const changeScreen = (participant: Participant, screen: MediaStream | null): void => {
    change(participant, { screen, screenWaits: false });
    told.shares(nameOfEndpoint(participant.endpoint), screen !== null);
  };
  const changeAbsent = (participant: Participant, absent: boolean): void => {
    change(participant, { absent });
    told.absent(nameOfEndpoint(participant.endpoint), absent);
  };
  conversation.attach({ ...lineOf(room), end: () => room.leave() });
  followOwnSide(conversation, room, told);
  room.on(CallsApiEvent.ROOM_JOINED, ({ participants, stream }) => {
    for (const participant of participants) change(participant);
    conversation.connects(stream);
  });
  room.on(CallsApiEvent.PARTICIPANT_JOINING, ({ participant }) => change(participant));
  room.on(CallsApiEvent.PARTICIPANT_JOINED, ({ participant }) => {
    change(participant);
    told.joined(nameOfEndpoint(participant.endpoint));
  });
  room.on(CallsApiEvent.PARTICIPANT_LEFT, ({ participant }) => {
    conversation.removes(participant.callId);
    told.left(nameOfEndpoint(participant.endpoint));
  });
  room.on(CallsApiEvent.PARTICIPANT_DISCONNECTED, ({ participant }) => changeAbsent(participant, true));
  room.on(CallsApiEvent.PARTICIPANT_RECONNECTED, ({ participant }) => changeAbsent(participant, false));
  room.on(CallsApiEvent.PARTICIPANT_MUTED, ({ participant }) => changeMuted(participant, true));
  room.on(CallsApiEvent.PARTICIPANT_UNMUTED, ({ participant }) => changeMuted(participant, false));
  room.on(CallsApiEvent.PARTICIPANT_CAMERA_VIDEO_ADDED, ({ participant, stream }) =>
    change(participant, { video: stream }),
  );
  room.on(CallsApiEvent.PARTICIPANT_SCREEN_SHARE_ADDED, ({ participant, stream }) => changeScreen(participant, stream));
  room.on(CallsApiEvent.PARTICIPANT_SCREEN_SHARE_REMOVED, ({ participant }) => changeScreen(participant, null));
  room.on(CallsApiEvent.PARTICIPANT_STARTED_TALKING, ({ participant }) => change(participant, { talking: true }));
  room.on(CallsApiEvent.PARTICIPANT_STOPPED_TALKING, ({ participant }) => change(participant, { talking: false }));
  room.on(CallsApiEvent.PARTICIPANT_CAMERA_VIDEO_REMOVED, ({ participant }) =>
    change(participant, { video: null, videoWaits: false }),
  );
  const wait = (what: "videoWaits" | "screenWaits", waits: boolean) => (event: ParticipantEvent) =>
    change(event.participant, { [what]: waits });
  room.on(CallsApiEvent.PARTICIPANT_CAMERA_VIDEO_PAUSED, wait("videoWaits", true));
  room.on(CallsApiEvent.PARTICIPANT_CAMERA_VIDEO_RESUMED, wait("videoWaits", false));
  room.on(CallsApiEvent.PARTICIPANT_SCREEN_SHARE_PAUSED, wait("screenWaits", true));
  room.on(CallsApiEvent.PARTICIPANT_SCREEN_SHARE_RESUMED, wait("screenWaits", false));
  room.on(CallsApiEvent.ROOM_LEFT, ({ errorCode }) => conversation.ends(errorCode.name));
}

function followOwnSide(conversation: Conversation, line: WebrtcCall | RoomCall, told: Told): void {
  const changeInterrupted = (interrupted: boolean): void => {
    conversation.interrupted.value = interrupted;
    told.interrupted(interrupted);
  };
  const events: Pick<WebrtcCall, "on"> = line;
  events.on(CallsApiEvent.CAMERA_VIDEO_ADDED, ({ stream }) => conversation.ownCamera(stream));
  events.on(CallsApiEvent.CAMERA_VIDEO_REMOVED, () => conversation.ownCamera(null));
  events.on(CallsApiEvent.SCREEN_SHARE_ADDED, () => {
    conversation.sharing.value = true;
  });
  events.on(CallsApiEvent.SCREEN_SHARE_REMOVED, () => {
    conversation.sharing.value = false;
  });
  events.on(CallsApiEvent.RECONNECTING, () => changeInterrupted(true));
  events.on(CallsApiEvent.RECONNECTED, () => changeInterrupted(false));
  events.on(CallsApiEvent.STARTED_TALKING, () => {
    conversation.talking.value = true;
  });
  events.on(CallsApiEvent.STOPPED_TALKING, () => {
    conversation.talking.value = false;
  });
}

function lineOf(call: MediaCall): Omit<Line, "end"> {
  return {
    mute: (muted) => call.mute(muted),
    cameraVideo: (on) => call.cameraVideo(on),
    screenShare: (on) => call.screenShare(on),
    useMicrophone: (deviceId) => call.setAudioInputDevice(deviceId),
    useCamera: (deviceId) => call.setVideoInputDevice(deviceId),
    watchDisplay: (stream, element) => call.watchDisplay(stream, element),
  };
}

function tileOf(participant: Participant): Tile {
  return {
    ...UNSEEN,
    id: participant.callId,
    name: nameOfEndpoint(participant.endpoint),
    muted: participant.media.audio.muted,
    joining: participant.state === "JOINING",
    talking: participant.media.audio.talking,
    absent: participant.disconnected,
  };
}
