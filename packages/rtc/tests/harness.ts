import type { Endpoint, Participant, SessionOpened, Slot } from "@ringback/protocol";
import { afterEach, beforeEach, type Mock, vi } from "vitest";
import type { IncomingWebrtcCall } from "../src/api/calls.js";
import type { TokenProvider } from "../src/api/client.js";
import type { DevicesChangedEvent } from "../src/api/devices.js";
import { CallsApiEvent, RtcEvent } from "../src/api/event-names.js";
import type { EventSource } from "../src/api/events.js";
import type { Log } from "../src/log.js";
import type { FakeMedia } from "../src/testing/fake-media.js";
import { createFakeRtc, type FakeRtc } from "../src/testing/fake-rtc.js";
import { settle } from "../src/testing/fake-server.js";

export const DESK = "5f0c2a51-6f4e-4c8e-9d6e-0d2f6c1b7a01";
export const KITCHEN = "5f0c2a51-6f4e-4c8e-9d6e-0d2f6c1b7a02";
export const PORCH = "5f0c2a51-6f4e-4c8e-9d6e-0d2f6c1b7a03";
export const SESSION = {
  sessionId: "0b7d9c3e-0000-4000-8000-000000000001",
  identity: "desk",
  displayName: "Front desk",
  expiresAt: "2026-11-22T09:30:00Z",
  keepAliveSeconds: 20,
  resumeKey: "k-of-desk",
  resumeSeconds: 30,
  resumed: false,
  iceServers: [],
};
export const NORMAL = { id: 10000, name: "NORMAL_HANGUP", description: "The call was ended by one of its sides." };

export function endpoint(identity: string, displayName: string | null = null): Endpoint {
  return { type: "WEBRTC", identity, displayName };
}

export function participant(id: string, identity: string, more: Partial<Participant> = {}): Participant {
  return { id, endpoint: endpoint(identity), state: "JOINED", microphone: true, camera: false, screen: false, ...more };
}

export function slot(index: number, participantId: string, camera: number | null = null): Slot {
  return { index, participantId, microphone: 10 + index, camera, screen: null };
}

/** Older names, told beside the newer ones. */
const OLDER_NAMES = ["room-rejoining", "room-rejoined"];

/** The names of all events that a source has told, in order; the payloads lie beside. */
export class Heard {
  readonly names: string[] = [];
  readonly payloads: unknown[] = [];

  constructor(source: EventSource<never>) {
    const names = new Set<string>([...Object.values(RtcEvent), ...Object.values(CallsApiEvent)]);
    for (const name of OLDER_NAMES) names.delete(name);
    for (const name of names) {
      source.on(name as never, (event: unknown) => {
        this.names.push(name);
        this.payloads.push(event);
      });
    }
  }

  /** The payload of the last event of this name. */
  payload(name: string): unknown {
    return this.payloads[this.names.lastIndexOf(name)];
  }
}

/** For media that needs no TURN server. */
export const NO_SERVERS = async () => [];

/** For media whose connection tells nobody. */
export const NOBODY = {
  pathLost() {},
  mediaFlows() {},
  cameraLost() {},
  microphoneLost() {},
  screenEnded() {},
  talkingWhileMuted() {},
};

export const listen = (source: unknown): Heard => new Heard(source as EventSource<never>);

/** A client in a world of fakes, with a fake clock. Each test's transcript must be finished. */
export function harness(token: string | TokenProvider = "token") {
  let fake: FakeRtc;
  let log: { [Name in keyof Log]: Mock<Log[Name]> };
  let prepareMedia: (media: FakeMedia) => void;

  beforeEach(() => {
    vi.useFakeTimers({ now: new Date("2026-11-22T08:30:00Z") });
    log = { debug: vi.fn<Log["debug"]>(), warn: vi.fn<Log["warn"]>(), error: vi.fn<Log["error"]>() };
    prepareMedia = () => {};
    fake = createFakeRtc({ token, prepareMedia: (media) => prepareMedia(media), log });
    fake.plug({ audioInputs: [], audioOutputs: [], videoInputs: [] });
  });

  afterEach(async () => {
    await fake.server.finish();
    vi.useRealTimers();
  });

  return {
    server: () => fake.server,
    client: () => fake.rtc,
    log: () => log,
    media: (index = 0): FakeMedia => fake.media(index),
    medias: () => fake.medias,
    prepareMedia: (prepare: (media: FakeMedia) => void) => {
      prepareMedia = prepare;
    },
    async connect(): Promise<void> {
      const connected = fake.rtc.connect();
      await fake.server.welcomes(SESSION);
      await connected;
    },
    /** The socket is lost, and the client comes back and asks for its session. */
    async reconnect(welcome: Partial<SessionOpened> = {}): Promise<void> {
      fake.server.closes(1006);
      await vi.advanceTimersByTimeAsync(0);
      await fake.server.welcomes({ ...SESSION, resumed: true, ...welcome });
    },
    /** An element that is watched has another size. */
    resize: (element: Element, width: number, height: number) => fake.resize(element, width, height),
    /** These devices are there from now on; false when nobody listens. */
    plug: (now: Partial<DevicesChangedEvent>): boolean => fake.plug(now),
    /** The user clicks somewhere; false when nobody listens. */
    click: (): boolean => fake.click(),
    /** The device finds a network. */
    findNetwork: () => fake.findNetwork(),
    /** The client rings. */
    async incoming(camera = false): Promise<IncomingWebrtcCall> {
      let call: IncomingWebrtcCall | null = null;
      fake.rtc.on(RtcEvent.INCOMING_WEBRTC_CALL, ({ incomingCall }) => {
        call = incomingCall;
      });
      await fake.server.says({
        type: "call.incoming",
        callId: DESK,
        from: endpoint("kitchen", "Kitchen"),
        camera,
        customData: { order: "17" },
      });
      if (call === null) throw new Error("Nothing rings");
      return call;
    },
    /** Time goes by, in milliseconds. */
    async wait(milliseconds: number): Promise<void> {
      await vi.advanceTimersByTimeAsync(milliseconds);
      await settle();
    },
  };
}
