import { CallsApiEvent, type Endpoint, type Participant, type RoomCall, type WebrtcCall } from "@ringback/rtc";
import type { Conversation, Tile } from "./conversation";

/** The one other person of a call between two: there is nobody to confuse them with. */
const OTHER = "other";

/** What people are called: the name they gave, else the identity that proves who they are. */
export function nameOfEndpoint(endpoint: Endpoint): string {
  return endpoint.displayIdentifier || endpoint.identifier;
}

/** Says what happens in a room or a call, for those who do not see it. */
export interface Told {
  joined(name: string): void;
  left(name: string): void;
  muted(name: string, muted: boolean): void;
}

/** Lets a call between two drive a conversation. */
export function followCall(conversation: Conversation, call: WebrtcCall, told: Told): void {
  const change = (changes: Partial<Tile>): void => {
    const [known] = conversation.tiles.value;
    const name = conversation.name.value;
    conversation.shows({ id: OTHER, muted: false, joining: false, video: null, ...known, name, ...changes });
  };
  const changeMuted = (muted: boolean): void => {
    change({ muted });
    told.muted(conversation.name.value, muted);
  };
  conversation.attach({
    mute: (muted) => call.mute(muted),
    cameraVideo: (on) => call.cameraVideo(on),
    end: () => call.hangup(),
  });
  followOwnSide(conversation, call);
  call.on(CallsApiEvent.RINGING, () => conversation.rings());
  call.on(CallsApiEvent.ESTABLISHED, ({ stream }) => {
    // The platform says what they call themselves; until then they go by what was typed.
    conversation.name.value = call.counterpart().displayIdentifier || conversation.name.value;
    change({});
    conversation.connects(stream);
  });
  call.on(CallsApiEvent.REMOTE_CAMERA_VIDEO_ADDED, ({ stream }) => change({ video: stream }));
  call.on(CallsApiEvent.REMOTE_CAMERA_VIDEO_REMOVED, () => change({ video: null }));
  call.on(CallsApiEvent.REMOTE_MUTED, () => changeMuted(true));
  call.on(CallsApiEvent.REMOTE_UNMUTED, () => changeMuted(false));
  call.on(CallsApiEvent.HANGUP, ({ errorCode }) => conversation.ends(errorCode.name));
}

/** Lets a stay in a room drive a conversation. */
export function followRoom(conversation: Conversation, room: RoomCall, told: Told): void {
  const change = (participant: Participant, changes: Partial<Tile> = {}): void => {
    const known = conversation.tiles.value.find(({ id }) => id === participant.callId);
    conversation.shows({ ...tileOf(participant), video: known?.video ?? null, ...changes });
  };
  const changeMuted = (participant: Participant, muted: boolean): void => {
    change(participant, { muted });
    told.muted(nameOfEndpoint(participant.endpoint), muted);
  };
  conversation.attach({
    mute: (muted) => room.mute(muted),
    cameraVideo: (on) => room.cameraVideo(on),
    end: () => room.leave(),
  });
  followOwnSide(conversation, room);
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
  room.on(CallsApiEvent.PARTICIPANT_MUTED, ({ participant }) => changeMuted(participant, true));
  room.on(CallsApiEvent.PARTICIPANT_UNMUTED, ({ participant }) => changeMuted(participant, false));
  room.on(CallsApiEvent.PARTICIPANT_CAMERA_VIDEO_ADDED, ({ participant, stream }) =>
    change(participant, { video: stream }),
  );
  room.on(CallsApiEvent.PARTICIPANT_CAMERA_VIDEO_REMOVED, ({ participant }) => change(participant, { video: null }));
  room.on(CallsApiEvent.ROOM_LEFT, ({ errorCode }) => conversation.ends(errorCode.name));
}

function followOwnSide(conversation: Conversation, line: WebrtcCall | RoomCall): void {
  const events: Pick<WebrtcCall, "on"> = line;
  events.on(CallsApiEvent.CAMERA_VIDEO_ADDED, ({ stream }) => conversation.ownCamera(stream));
  events.on(CallsApiEvent.CAMERA_VIDEO_REMOVED, () => conversation.ownCamera(null));
}

function tileOf(participant: Participant): Tile {
  return {
    id: participant.callId,
    name: nameOfEndpoint(participant.endpoint),
    muted: participant.media.audio.muted,
    joining: participant.state === "JOINING",
    video: null,
  };
}
