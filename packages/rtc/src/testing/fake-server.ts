import type { ClientMessage, ErrorCode, Results, ServerEvent, SessionOpened } from "@ringback/protocol";
import type { OpenSocket, SocketListener } from "../signaling/socket.js";

type RequestType = ClientMessage["type"];
type Request<T extends RequestType> = Extract<ClientMessage, { type: T }>;
type WithoutSequence<E> = E extends ServerEvent ? Omit<E, "sequence"> : never;

/** More turns of the event loop's inner queue than any step of the SDK takes. */
const TURNS = 50;

/** Lets everything happen that waits for no time and no message. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn += 1) await Promise.resolve();
}

/** What a client is told when its session is opened, unless the test says otherwise. */
const WELCOME: SessionOpened = {
  sessionId: "0b7d9c3e-0000-4000-8000-000000000001",
  identity: "anna",
  displayName: null,
  expiresAt: "2100-01-01T00:00:00Z",
  keepAliveSeconds: 20,
  resumeKey: "resume-key",
  resumeSeconds: 30,
  resumed: false,
  iceServers: [],
};

interface Heard {
  readonly message: ClientMessage;
  answered: boolean;
}

/**
 * The platform's side of a conversation, written down as a transcript: what the client says is heard in its order, and
 * what the platform says is said. {@link finish} fails when the client said something that the transcript does not have,
 * or was left without an answer.
 */
export class FakeServer {
  readonly urls: string[] = [];
  /** The codes that the client closed its sockets with. */
  readonly closeCodes: number[] = [];
  readonly #unheard: ClientMessage[] = [];
  readonly #heard: Heard[] = [];
  #listener: SocketListener | null = null;
  #sequence = 0;
  #open = false;

  /** The socket port: each call is one connection, and replaces the one before. */
  readonly openSocket: OpenSocket = (url, protocol, listener) => {
    this.urls.push(`${url} ${protocol}`);
    this.#listener = listener;
    this.#open = false;
    return {
      send: (text) => {
        if (listener !== this.#listener || !this.#open) throw new Error("The client speaks into a closed socket");
        this.#unheard.push(JSON.parse(text));
      },
      close: (code) => {
        if (listener !== this.#listener || !this.#open) return;
        this.#open = false;
        this.closeCodes.push(code);
      },
    };
  };

  /** Whether a client is connected. */
  isOpen(): boolean {
    return this.#open;
  }

  /** Whether a client waits for its socket to open. */
  isConnecting(): boolean {
    return this.#listener !== null && !this.#open;
  }

  /** The client's socket opens. */
  opens(): void {
    this.#heard.length = 0;
    this.#open = true;
    this.#connection().opened();
  }

  /** The client's socket opens, and the platform opens the session that it asks for. */
  async welcomes(session: Partial<SessionOpened> = {}): Promise<void> {
    this.opens();
    await this.hears("hello");
    await this.replies("hello", { ...WELCOME, ...session });
  }

  /** The socket closes, or does not open, with this close code. */
  closes(code: number): void {
    const listener = this.#connection();
    this.#listener = null;
    this.#open = false;
    this.#heard.length = 0;
    listener.closed(code);
  }

  /** The client has said this next, with at least these fields. */
  async hears<T extends RequestType>(type: T, fields: Partial<Request<T>> = {}): Promise<Request<T>> {
    await settle();
    const message = this.#unheard.shift();
    if (message?.type !== type) throw new Error(`Expected ${type}, and the client said ${JSON.stringify(message)}`);
    const request = message as Request<T>;
    for (const [name, value] of Object.entries(fields)) {
      const said = JSON.stringify(request[name as keyof Request<T>]);
      if (said !== JSON.stringify(value)) throw new Error(`Expected ${name} ${JSON.stringify(value)}, heard ${said}`);
    }
    this.#heard.push({ message, answered: false });
    return request;
  }

  /** The client has said nothing more. */
  async hearsNothing(): Promise<void> {
    await settle();
    if (this.#unheard.length > 0) throw new Error(`The client also said ${JSON.stringify(this.#unheard)}`);
  }

  /** Answers the oldest unanswered request of this type. */
  async replies<T extends RequestType>(type: T, result: Results[T]): Promise<void> {
    if ("resumed" in result && !result.resumed) this.#sequence = 0;
    await this.sends(JSON.stringify({ type: "reply", id: this.#answer(type), result }));
  }

  /** Refuses the oldest unanswered request of this type. */
  async refuses(type: RequestType, code: ErrorCode, field: string | null = null): Promise<void> {
    const id = this.#answer(type);
    await this.sends(JSON.stringify({ type: "error", id, code, message: `Refused: ${code}`, field }));
  }

  /** The oldest request of this type stays without an answer. */
  ignores(type: RequestType): void {
    this.#answer(type);
  }

  /** Sends an event, with the next sequence number. Gives its frame. */
  async says(event: WithoutSequence<ServerEvent>): Promise<string> {
    this.#sequence += 1;
    const frame = JSON.stringify({ ...event, sequence: this.#sequence });
    await this.sends(frame);
    return frame;
  }

  /** Sends any frame. */
  async sends(text: string): Promise<void> {
    this.#connection().received(text);
    await settle();
  }

  /** The end of the transcript. */
  async finish(): Promise<void> {
    await this.hearsNothing();
    const open = this.#heard.filter(({ answered }) => !answered).map(({ message }) => message.type);
    if (open.length > 0) throw new Error(`The transcript does not answer ${open.join(", ")}`);
  }

  #answer(type: RequestType): number {
    const heard = this.#heard.find(({ message, answered }) => message.type === type && !answered);
    if (heard === undefined) throw new Error(`There is no unanswered ${type}`);
    heard.answered = true;
    return heard.message.id;
  }

  #connection(): SocketListener {
    if (this.#listener === null) throw new Error("No client is connected");
    return this.#listener;
  }
}
