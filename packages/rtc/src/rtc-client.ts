import type { CallIncoming, ServerEvent } from "@ringback/protocol";
import { whenAborted } from "./abort.js";
import type { ApplicationCall, PhoneCall, RoomCall, ViberCall, WebrtcCall } from "./api/calls.js";
import type { ConnectOptions, RingbackRtc } from "./api/client.js";
import type { DevicePermissions, DevicesChangedEvent, MediaDevice } from "./api/devices.js";
import type { EchoTest, EchoTestOptions } from "./api/echo.js";
import { type Endpoint, PhoneEndpoint, type User, ViberEndpoint, WebrtcEndpoint } from "./api/endpoint.js";
import { CallsConfiguration } from "./api/enums.js";
import { errorCode } from "./api/error-code.js";
import type { Handler, RtcEvents } from "./api/events.js";
import {
  ApplicationCallOptions,
  type ApplicationCallWishes,
  type CallOptions,
  PhoneCallOptions,
  type PhoneCallWishes,
  RoomCallOptions,
  type RoomCallWishes,
  ViberCallOptions,
  type ViberCallWishes,
  WebrtcCallOptions,
  type WebrtcCallWishes,
} from "./api/options.js";
import { optionsArgument, textArgument } from "./arguments.js";
import { OutgoingApplicationCall } from "./calls/application-call.js";
import type { CallContext } from "./calls/context.js";
import { EchoCall } from "./calls/echo-call.js";
import { IncomingCall } from "./calls/incoming-call.js";
import { JoinedRoom } from "./calls/joined-room.js";
import { type Destination, OutgoingCall } from "./calls/outgoing-call.js";
import { CallRegistry } from "./calls/registry.js";
import { Emitter } from "./emitter.js";
import type { Log } from "./log.js";
import { DeviceWatch, type WatchedDevices } from "./media/device-watch.js";
import type { ObserveSize } from "./media/element-size.js";
import type { CreateMedia } from "./media/handler.js";
import { Playback, type WatchClicks } from "./media/playback.js";
import type { PreferredDevices } from "./media/wishes.js";
import { Connection, type ConnectionParts, type Credentials } from "./signaling/connection.js";
import type { Session } from "./signaling/session.js";
import type { OpenSocket } from "./signaling/socket.js";

/** The world around a client: in the browser its WebSocket and RTCPeerConnection, in tests their fakes. */
export interface World {
  readonly openSocket: OpenSocket;
  readonly watchNetwork: ConnectionParts["watchNetwork"];
  readonly createMedia: CreateMedia;
  readonly observeSize: ObserveSize;
  readonly listDevices: WatchedDevices["list"];
  readonly watchDevices: WatchedDevices["watch"];
  readonly devicePermissions: () => Promise<DevicePermissions>;
  readonly watchClicks: WatchClicks;
  readonly now: () => Date;
  /** A number from 0 up to 1. */
  readonly random: () => number;
  readonly log: Log;
}

/** One user's connection with its calls. */
export class RtcClient implements RingbackRtc {
  readonly #events: Emitter<RtcEvents>;
  readonly #connection: Connection;
  readonly #registry: CallRegistry;
  readonly #context: CallContext;
  readonly #world: World;
  readonly #deviceWatch: DeviceWatch;
  readonly #playback: Playback;
  #devices: PreferredDevices = { microphone: null, camera: null };

  constructor(url: string, credentials: Credentials, world: World) {
    const { createMedia, observeSize, now, log } = world;
    this.#world = world;
    this.#events = new Emitter(log);
    this.#deviceWatch = new DeviceWatch({ list: world.listDevices, watch: world.watchDevices }, (devices) =>
      this.#devicesChanged(devices),
    );
    this.#playback = new Playback(world.watchClicks);
    this.#registry = new CallRegistry(log);
    this.#connection = new Connection(
      { ...world, url, credentials },
      {
        connected: ({ identity }) => this.#events.emit("connected", { identity }),
        lost: () => this.#registry.loseAll(),
        networkFound: () => this.#registry.networkChanged(),
        reconnecting: () => this.#events.emit("reconnecting", {}),
        reconnected: () => this.#events.emit("reconnected", {}),
        disconnected: (cause, reason) => {
          this.#registry.finishAll(cause);
          this.#events.emit("disconnected", { reason });
        },
        event: (event, session) => this.#happened(event, session),
      },
    );
    this.#context = {
      session: () => this.#connection.session(),
      probe: () => this.#connection.probe(),
      registry: this.#registry,
      createMedia,
      devices: () => this.#devices,
      observeSize,
      playback: this.#playback,
      now,
      log,
    };
  }

  connect({ signal }: ConnectOptions = {}): Promise<void> {
    if (signal?.aborted !== true) this.#connection.connect();
    const connected = this.#connection.session().then(
      () => {},
      (error: unknown) => {
        throw signal?.aborted === true ? signal.reason : error;
      },
    );
    whenAborted(signal, () => this.#connection.giveUpConnecting());
    // An application that does not await must not see an unhandled rejection: it hears of the failure by DISCONNECTED.
    connected.catch(() => {});
    return connected;
  }

  disconnect(): void {
    this.#registry.finishAll(errorCode("NORMAL_HANGUP"));
    this.#connection.disconnect();
  }

  connectedUser(): User | null {
    return this.#connection.user();
  }

  callWebrtc(identity: string, wishes?: WebrtcCallWishes): WebrtcCall {
    const endpoint = new WebrtcEndpoint(textArgument("The identity", identity));
    return this.#call(endpoint, { type: "WEBRTC", identity }, new WebrtcCallOptions(optionsArgument(wishes)));
  }

  callPhone(phoneNumber: string, wishes?: PhoneCallWishes): PhoneCall {
    const endpoint = new PhoneEndpoint(textArgument("The phone number", phoneNumber));
    const options = new PhoneCallOptions(optionsArgument(wishes));
    const from = options.from === undefined ? {} : { from: options.from };
    return this.#call(endpoint, { type: "PHONE", phoneNumber, ...from }, options);
  }

  callViber(phoneNumber: string, from: string, wishes?: ViberCallWishes): ViberCall {
    const endpoint = new ViberEndpoint(textArgument("The phone number", phoneNumber));
    textArgument("The Viber number", from);
    const options = new ViberCallOptions(optionsArgument(wishes));
    const call = new OutgoingCall(this.#context, () => this.connectedUser(), endpoint, options);
    // No platform of ours has a channel to Viber, so none is asked. The application gets to know its call first.
    queueMicrotask(() => call.finish(errorCode("FEATURE_UNAVAILABLE")));
    return call;
  }

  callApplication(callsConfigurationId: string, wishes?: ApplicationCallWishes): ApplicationCall {
    textArgument("The calls configuration", callsConfigurationId);
    const options = new ApplicationCallOptions(optionsArgument(wishes));
    const call = new OutgoingApplicationCall(this.#context, callsConfigurationId, options);
    whenAborted(options.signal, () => call.hangup());
    return call;
  }

  callConversations(wishes?: ApplicationCallWishes): ApplicationCall {
    return this.callApplication(CallsConfiguration.CONVERSATIONS, wishes);
  }

  joinRoom(name: string, wishes?: RoomCallWishes): RoomCall {
    textArgument("The room's name", name);
    const options = new RoomCallOptions(optionsArgument(wishes));
    const call = new JoinedRoom(this.#context, name, options);
    whenAborted(options.signal, () => call.leave());
    return call;
  }

  startEchoTest(options: EchoTestOptions = {}): EchoTest {
    return new EchoCall(this.#context, options);
  }

  async getAudioInputDevices(): Promise<MediaDevice[]> {
    return [...(await this.#world.listDevices()).audioInputs];
  }

  async getAudioOutputDevices(): Promise<MediaDevice[]> {
    return [...(await this.#world.listDevices()).audioOutputs];
  }

  async getVideoInputDevices(): Promise<MediaDevice[]> {
    return [...(await this.#world.listDevices()).videoInputs];
  }

  setAudioInputDevice(deviceId: string): void {
    this.#devices = { ...this.#devices, microphone: deviceId };
  }

  unsetAudioInputDevice(deviceId = this.#devices.microphone): void {
    if (deviceId === this.#devices.microphone) this.#devices = { ...this.#devices, microphone: null };
  }

  setVideoInputDevice(deviceId: string): void {
    this.#devices = { ...this.#devices, camera: deviceId };
  }

  unsetVideoInputDevice(deviceId = this.#devices.camera): void {
    if (deviceId === this.#devices.camera) this.#devices = { ...this.#devices, camera: null };
  }

  async setAudioOutputDevice(deviceId: string): Promise<void> {
    await this.#playback.useOutput(deviceId);
    this.#watchDevices();
  }

  async unsetAudioOutputDevice(): Promise<void> {
    await this.#playback.useOutput(null);
    this.#watchDevices();
  }

  devicePermissions(): Promise<DevicePermissions> {
    return this.#world.devicePermissions();
  }

  on<Name extends keyof RtcEvents>(name: Name, handler: Handler<RtcEvents[Name]>): void {
    this.#events.on(name, handler);
    this.#watchDevices();
  }

  off<Name extends keyof RtcEvents>(name: Name, handler: Handler<RtcEvents[Name]>): void {
    this.#events.off(name, handler);
    this.#watchDevices();
  }

  /** Devices are watched as long as somebody is interested, so that a client that is forgotten is really gone. */
  #watchDevices(): void {
    if (this.#events.isHeard("devices-changed") || this.#playback.output() !== null) this.#deviceWatch.start();
    else this.#deviceWatch.stop();
  }

  #devicesChanged(devices: DevicesChangedEvent): void {
    const output = this.#playback.output();
    // Browsers play nothing on a loudspeaker that is gone.
    if (output !== null && !devices.audioOutputs.some(({ deviceId }) => deviceId === output)) {
      this.unsetAudioOutputDevice().catch((error: unknown) => this.#world.log.warn("Nothing plays any more", error));
    }
    this.#events.emit("devices-changed", devices);
  }

  #call<Options extends CallOptions>(endpoint: Endpoint, destination: Destination, options: Options) {
    const call = new OutgoingCall(this.#context, () => this.connectedUser(), endpoint, options);
    call.start(destination);
    whenAborted(options.signal, () => call.hangup());
    return call;
  }

  #happened(event: ServerEvent, session: Session): void {
    if (event.type === "session.restored") this.#registry.finishAllBut(event.calls, errorCode("NETWORK_ERROR"));
    else if (event.type === "call.incoming") this.#rings(event, session);
    else this.#registry.deliver(event);
  }

  #rings(event: CallIncoming, session: Session): void {
    if (this.#registry.has(event.callId)) return;
    const incomingCall = new IncomingCall(this.#context, session, this.connectedUser(), event);
    this.#registry.add(event.callId, incomingCall);
    this.#events.emit("incoming-webrtc-call", { incomingCall, customData: event.customData });
  }
}
