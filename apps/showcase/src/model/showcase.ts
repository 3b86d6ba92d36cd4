import { batch, signal } from "@preact/signals";
import {
  CallsApiEvent,
  type createRingbackRtc,
  type DataChannel,
  type IncomingWebrtcCall,
  type RingbackRtc,
  RtcEvent,
  type WebrtcCall,
} from "@ringback/rtc";
import { text } from "../strings";
import { Chat } from "./chat";
import { Conversation, type ConversationStart, type Destination, type Media } from "./conversation";
import type { DeviceKind } from "./device-choice";
import { followCall, followRoom, nameOfEndpoint, type Told } from "./lines";
import { type Person, personNamed } from "./person";
import { type Devices, Preview } from "./preview";
import { requestToken, type TokenFailure } from "./tokens";

export type Connection = "out" | "connecting" | "online" | "reconnecting" | "lost";

/** Somebody rings. */
export interface Incoming {
  readonly call: IncomingWebrtcCall;
  readonly identity: string;
  readonly name: string;
  readonly video: boolean;
}

/** A call that stopped ringing before it was answered. */
export interface Missed {
  readonly identity: string;
  readonly name: string;
}

export interface World {
  readonly createRtc: typeof createRingbackRtc;
  readonly fetch: typeof fetch;
  readonly devices: Devices;
  readonly now: () => number;
}

/** A connection that is back within this, in milliseconds, was never worth a word. */
const PATIENCE = 1000;

/** The whole page without its looks: who I am, whether I can be reached, and what I am in. */
export class Showcase {
  readonly person = signal<Person | null>(null);
  readonly connection = signal<Connection>("out");
  readonly failure = signal<TokenFailure | null>(null);
  /** Everybody who rings now, the first caller first. */
  readonly incoming = signal<readonly Incoming[]>([]);
  readonly missed = signal<Missed | null>(null);
  readonly conversation = signal<Conversation | null>(null);
  readonly announcement = signal("");
  readonly preview: Preview;
  private rtc: RingbackRtc | null = null;
  private started = 0; // conversations
  private patience: ReturnType<typeof setTimeout> | undefined;
  private readonly told: Told;

  constructor(private readonly world: World) {
    this.preview = new Preview(world.devices);
    this.told = {
      joined: (name) => this.announce(text.announce.joined(name)),
      left: (name) => this.announce(text.announce.left(name)),
      muted: (name, muted) => this.announce(muted ? text.announce.theyMuted(name) : text.announce.theyUnmuted(name)),
      absent: (name, absent) => this.announce(absent ? text.announce.absent(name) : text.announce.present(name)),
      interrupted: (is) => this.announce(is ? text.call.interrupted : text.announce.restored),
      shares: (name, shares) => this.announce(shares ? text.announce.shares(name) : text.announce.sharesNoMore(name)),
    };
  }

  /** From a name to being reachable by it. */
  async signIn(name: string): Promise<void> {
    const person = personNamed(name);
    if (person === null) {
      this.failure.value = "NAME_REFUSED";
      return;
    }
    batch(() => {
      this.failure.value = null;
      this.connection.value = "connecting";
    });
    const result = await requestToken(this.world.fetch, person);
    if ("failure" in result) {
      batch(() => {
        this.failure.value = result.failure;
        this.connection.value = this.person.value === null ? "out" : "lost";
      });
      return;
    }
    this.connect(result.token, person);
  }

  async reconnect(): Promise<void> {
    if (this.person.value !== null) await this.signIn(this.person.value.name);
  }

  signOut(): void {
    this.drop();
    this.preview.stop();
    batch(() => {
      this.person.value = null;
      this.connection.value = "out";
      this.missed.value = null;
    });
  }

  /** Calls somebody or joins a room, with the camera and microphone as chosen in the preview. */
  start(destination: Destination): void {
    if (this.rtc === null || this.busy()) return;
    this.missed.value = null;
    const media = this.takeDevices(this.preview.cameraWanted.value);
    if (destination.kind === "call") {
      const { identity, name } = destination;
      const conversation = this.begin({ destination, name, incoming: false, phase: "calling", media });
      this.follow(conversation, this.rtc.callWebrtc(identity, { ...media, dataChannel: true }));
    } else {
      const { name } = destination;
      const conversation = this.begin({ destination, name, incoming: false, phase: "connecting", media });
      const room = this.rtc.joinRoom(name, { ...media, dataChannel: true });
      followRoom(conversation, room, this.told);
      this.openChat(conversation, room.dataChannel());
      room.on(CallsApiEvent.ROOM_JOINED, () => this.announce(text.announce.inRoom(name)));
    }
  }

  accept(ringing: Incoming, video: boolean): void {
    if (!this.forget(ringing)) return;
    this.conversation.value?.end();
    const media = this.takeDevices(video);
    const { identity, name, call } = ringing;
    const destination: Destination = { kind: "call", identity, name };
    const conversation = this.begin({ destination, name, incoming: true, phase: "connecting", media });
    call.accept({ ...media, dataChannel: true });
    this.follow(conversation, call);
  }

  /** Takes another device: for the preview, for what goes on now, and for every later call. */
  async choose(kind: DeviceKind, id: string): Promise<void> {
    this.preview.choice.choose(kind, id);
    if (this.rtc !== null) this.setDevices(this.rtc);
    const conversation = this.conversation.value;
    if (conversation !== null && this.busy()) {
      if (kind === "audioinput") await conversation.useMicrophone(id);
      if (kind === "videoinput") await conversation.useCamera(id);
    } else if (kind !== "audiooutput") {
      await this.preview.start();
    }
  }

  decline(ringing: Incoming): void {
    if (this.forget(ringing)) ringing.call.decline();
  }

  /** From the end card to the lobby. */
  close(): void {
    this.conversation.value = null;
  }

  announce(words: string): void {
    this.announcement.value = words;
  }

  private begin(start: Omit<ConversationStart, "serial">): Conversation {
    this.started += 1;
    const conversation = new Conversation({ ...start, serial: this.started }, this.world.now);
    this.conversation.value = conversation;
    return conversation;
  }

  private follow(conversation: Conversation, call: WebrtcCall): void {
    followCall(conversation, call, this.told);
    this.openChat(conversation, call.dataChannel());
    call.on(CallsApiEvent.RINGING, () => this.announce(text.call.ringing));
    call.on(CallsApiEvent.ESTABLISHED, () => this.announce(text.announce.inCall(conversation.name.value)));
  }

  private openChat(conversation: Conversation, channel: DataChannel | undefined): void {
    if (channel === undefined) return;
    conversation.chat.value = new Chat(channel, nameOfEndpoint, (name, words) =>
      this.announce(text.announce.text(name || text.chat.platform, words)),
    );
  }

  private setDevices(rtc: RingbackRtc): void {
    const { audioinput, videoinput } = this.preview.choice.chosen.value;
    if (audioinput !== "") rtc.setAudioInputDevice(audioinput);
    if (videoinput !== "") rtc.setVideoInputDevice(videoinput);
  }

  private busy(): boolean {
    return this.conversation.value !== null && !this.conversation.value.ended.value;
  }

  /** Ends the preview, for the call opens the devices itself, and says what the call is to start with. */
  private takeDevices(camera: boolean): Media {
    this.preview.stop();
    return { audio: this.preview.microphoneWanted.value, video: camera && this.preview.cameraUsable() };
  }

  private connect(token: string, person: Person): void {
    this.drop();
    const rtc = this.world.createRtc(token);
    this.rtc = rtc;
    this.setDevices(rtc);
    rtc.on(RtcEvent.CONNECTED, () => {
      if (this.rtc !== rtc) return;
      batch(() => {
        this.person.value = person;
        this.connection.value = "online";
      });
      this.announce(text.announce.connected(person.identity));
    });
    rtc.on(RtcEvent.RECONNECTING, () => {
      if (this.rtc !== rtc || this.person.value === null) return;
      this.patience = setTimeout(() => {
        this.connection.value = "reconnecting";
        this.announce(text.connection.reconnecting);
      }, PATIENCE);
    });
    rtc.on(RtcEvent.RECONNECTED, () => {
      clearTimeout(this.patience);
      if (this.rtc !== rtc || this.connection.value === "online") return;
      this.connection.value = "online";
      this.announce(text.announce.connected(person.identity));
    });
    rtc.on(RtcEvent.DISCONNECTED, () => this.lose(rtc));
    rtc.on(RtcEvent.INCOMING_WEBRTC_CALL, ({ incomingCall }) => this.ring(incomingCall));
    rtc.connect().catch(() => this.lose(rtc));
  }

  /** The connection is gone and does not come back by itself. */
  private lose(rtc: RingbackRtc): void {
    if (this.rtc !== rtc) return;
    this.rtc = null;
    clearTimeout(this.patience);
    const signedIn = this.person.value !== null;
    batch(() => {
      this.incoming.value = [];
      this.failure.value = signedIn ? null : "UNREACHABLE";
      this.connection.value = signedIn ? "lost" : "out";
    });
  }

  private drop(): void {
    const rtc = this.rtc;
    this.rtc = null; // its last events are no longer ours
    clearTimeout(this.patience);
    this.incoming.value = [];
    rtc?.disconnect();
  }

  private ring(call: IncomingWebrtcCall): void {
    const from = call.counterpart();
    const incoming: Incoming = {
      call,
      identity: from.identifier,
      name: nameOfEndpoint(from),
      video: call.options().video,
    };
    this.incoming.value = [...this.incoming.value, incoming];
    call.on(CallsApiEvent.HANGUP, ({ errorCode }) => {
      if (!this.forget(incoming)) return;
      if (errorCode.name === "ANSWERED_ELSEWHERE" || errorCode.name === "REJECTED") return;
      this.missed.value = { identity: incoming.identity, name: incoming.name };
      this.announce(text.incoming.stopped(incoming.name));
    });
  }

  /** Takes a card away; false when it is gone already. */
  private forget(ringing: Incoming): boolean {
    const others = this.incoming.value.filter(({ call }) => call !== ringing.call);
    const known = others.length < this.incoming.value.length;
    this.incoming.value = others;
    return known;
  }
}
