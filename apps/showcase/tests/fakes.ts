import type { DataChannel, IncomingWebrtcCall, MediaCallOptions, RingbackRtc } from "@ringback/rtc";
import { Showcase } from "../src/model/showcase";

/** Tells events to whoever listens, like everything the SDK hands out. */
class Teller {
  private readonly handlers = new Map<string, ((event: never) => void)[]>();

  on(name: string, handler: (event: never) => void): void {
    this.handlers.set(name, [...(this.handlers.get(name) ?? []), handler]);
  }

  tell(name: string, event: object = {}): void {
    for (const handler of this.handlers.get(name) ?? []) handler(event as never);
  }
}

/** The data channel of a line. */
export class FakeChannel extends Teller {
  readonly sent: string[] = [];
  refuses = false;

  send = async (text: string): Promise<string> => {
    if (this.refuses) throw new Error("no");
    this.sent.push(text);
    return `text ${this.sent.length}`;
  };
}

/** A call or a room whose other end is the test. */
export class FakeLine extends Teller {
  readonly asked: string[] = [];
  refuseWith: Error | null = null;

  constructor(
    private readonly identifier: string,
    private readonly video = false,
  ) {
    super();
  }

  /** The texts of this line. */
  readonly channel = new FakeChannel();
  dataChannel = (): DataChannel => this.channel as unknown as DataChannel;
  id = (): string => this.identifier;
  options = (): MediaCallOptions => ({ video: this.video });
  counterpart = (): object => ({ identifier: this.identifier, displayIdentifier: null });
  mute = (muted: boolean): Promise<void> => this.ask(`mute ${muted}`);
  cameraVideo = (on: boolean): Promise<void> => this.ask(`camera ${on}`);
  screenShare = (on: boolean): Promise<void> => this.ask(`screen ${on}`);
  watchDisplay = (stream: MediaStream): (() => void) => {
    this.asked.push(`watch ${stream.id}`);
    return () => this.asked.push(`watch ${stream.id} no more`);
  };
  accept = (options: MediaCallOptions): void => void this.ask(`accept ${options.video ? "video" : "audio"}`);
  decline = (): void => void this.ask("decline");
  hangup = (): void => void this.ask("hangup");
  leave = (): void => void this.ask("leave");

  end(reason: string, event = "hangup"): void {
    this.tell(event, { errorCode: { id: "0", name: reason, description: "" } });
  }

  private async ask(what: string): Promise<void> {
    this.asked.push(what);
    if (this.refuseWith !== null) throw this.refuseWith;
  }
}

export class FakeRtc extends Teller {
  readonly lines: FakeLine[] = [];
  disconnected = false;
  connect = async (): Promise<void> => this.tell("connected", { identity: "anna" });
  disconnect = (): void => {
    this.disconnected = true;
  };

  callWebrtc = (identity: string): FakeLine => this.line(identity);
  joinRoom = (name: string): FakeLine => this.line(name);

  rings(from: string, video: boolean): FakeLine {
    const line = new FakeLine(from, video);
    this.tell("incoming-webrtc-call", { incomingCall: line as unknown as IncomingWebrtcCall, customData: {} });
    return line;
  }

  private line(name: string): FakeLine {
    const line = new FakeLine(name);
    this.lines.push(line);
    return line;
  }
}

export const SOUND = {} as MediaStream;

export function participant(callId: string, name: string, muted = false): object {
  return {
    callId,
    endpoint: { identifier: name, displayIdentifier: null },
    state: "JOINED",
    media: { audio: { muted, talking: false } },
    disconnected: false,
  };
}

export interface Stage {
  readonly showcase: Showcase;
  readonly rtc: FakeRtc;
  readonly clock: { now: number };
}

/** A showcase with Anna signed in, unless the platform answers her request for a token with another status. */
export async function annaAt(status = 200): Promise<Stage> {
  const rtc = new FakeRtc();
  const clock = { now: 0 };
  const showcase = new Showcase({
    createRtc: () => rtc as unknown as RingbackRtc,
    fetch: async () => new Response(JSON.stringify({ token: "token" }), { status }),
    devices: {},
    now: () => clock.now,
  });
  await showcase.signIn("Anna");
  return { showcase, rtc, clock };
}
