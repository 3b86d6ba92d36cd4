// Runs in a blank page as a module: one device of a person, driven through the public SDK and nothing else.
import { CallsApiEvent, createRingbackRtc, DataChannelEvent, RtcEvent } from '/sdk/ringback-rtc.mjs';

const SPOKEN = ['started-talking', 'stopped-talking', 'participant-started-talking', 'participant-stopped-talking',
  'active-speakers-changed']; // who speaks when is chance, not order

const OLDER = ['room-rejoining', 'room-rejoined']; // told beside the newer names

const WAITING = /-(paused|resumed)$/; // what the line carries is chance too

/** Everything the SDK told, in order. */
const transcript = [];
/** What came through the data channel of the latest call, in order: texts, and what became of this side's own. */
const texts = [];
/** This side's own texts by their ids. */
const written = new Map();
let rtc;
let call; // the latest, outgoing or incoming

const inWords = ({ errorCode, reason, participant, participants }) => [
  errorCode && `${errorCode.id} ${errorCode.name}`,
  reason,
  participant?.endpoint.identifier,
  participants?.map(({ endpoint }) => endpoint.identifier).join(', '),
].filter(Boolean);

/** Writes down what a call tells, and plays what it sounds like. */
function follow(name, latest) {
  call = latest;
  for (const event of Object.values(CallsApiEvent)) {
    if (SPOKEN.includes(event) || OLDER.includes(event) || WAITING.test(event)) continue;
    latest.on(event, (what) => {
      transcript.push([`${name}: ${event}`, ...inWords(what)].join(' '));
      if (event === 'established' || event === 'room-joined') play('audio', what.stream);
      if (/^(remote|participant)-camera-video-added$/.test(event)) play('video', what.stream);
    });
  }
}

function read(channel) {
  channel?.on(DataChannelEvent.TEXT_RECEIVED_EVENT, ({ text, from, isDirect }) =>
    texts.push(`${from.identifier}${isDirect ? ' directly' : ''}: ${text}`));
  channel?.on(DataChannelEvent.TEXT_DELIVERED_EVENT, ({ id, delivered }) =>
    texts.push(`${delivered ? 'delivered' : 'not delivered'}: ${written.get(id)}`));
}

function play(kind, stream) {
  const element = document.createElement(kind);
  element.autoplay = true;
  element.muted = kind === 'video'; // browsers let it play then, and the sound is not in it
  element.srcObject = stream;
  document.body.querySelector(kind)?.remove();
  document.body.append(element);
}

// How often the page has asked for microphone and camera.
let asked = 0;
const { mediaDevices } = navigator;
const getUserMedia = mediaDevices.getUserMedia.bind(mediaDevices);
mediaDevices.getUserMedia = (constraints) => {
  asked += 1;
  return getUserMedia(constraints);
};

window.device = {
  transcript,
  texts,
  call: () => call,
  rtc: () => rtc,
  asked: () => asked,
  async connects(token) {
    rtc = createRingbackRtc(token);
    for (const event of [RtcEvent.CONNECTED, RtcEvent.RECONNECTING, RtcEvent.RECONNECTED, RtcEvent.DISCONNECTED]) {
      rtc.on(event, (what) => transcript.push([event, ...inWords(what)].join(' ')));
    }
    rtc.on(RtcEvent.INCOMING_WEBRTC_CALL, ({ incomingCall }) => {
      const name = `from ${incomingCall.counterpart().identifier}`;
      transcript.push(`${name}: incoming`);
      follow(name, incomingCall);
    });
    await rtc.connect();
  },
  calls(identity, options) {
    follow(`to ${identity}`, rtc.callWebrtc(identity, options));
    read(call.dataChannel());
  },
  accepts(options) {
    call.accept(options);
    read(call.dataChannel());
  },
  joins(room, options) {
    follow(`in ${room}`, rtc.joinRoom(room, options));
    read(call.dataChannel());
  },
  /** Each is sent when those before it are on their way, as an application does that does not wait. */
  async writes(lines, to) {
    const endpoint = to === null ? undefined : { type: 'WEBRTC', identifier: to, displayIdentifier: null };
    await Promise.all(lines.map(async (text) => written.set(await call.dataChannel().send(text, endpoint), text)));
  },
  /** Asks for something new beside the call that goes on, and leaves it at once should it be granted. */
  probes() {
    const [current, room] = [call, rtc.joinRoom('probe')];
    follow('in probe', room);
    call = current;
    room.on(CallsApiEvent.ROOM_JOINED, () => room.leave());
  },
  disconnects: () => rtc.disconnect(),
};
