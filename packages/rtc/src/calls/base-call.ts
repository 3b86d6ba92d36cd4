import type { CallEvent, Participant } from "@ringback/protocol";
import type { MediaCall } from "../api/calls.js";
import type { EchoTestEvents } from "../api/echo.js";
import { CallStatus } from "../api/enums.js";
import { type ErrorCode, errorCode, RtcError, statedErrorCode } from "../api/error-code.js";
import type {
  ApplicationCallEvents,
  EventSource,
  Handler,
  LocalMediaEvents,
  PhoneCallEvents,
  RoomCallEvents,
  WebrtcCallEvents,
} from "../api/events.js";
import type { CustomData } from "../api/options.js";
import type { TotalMediaStats } from "../api/stats.js";
import { Emitter } from "../emitter.js";
import { ALL_LAYERS, type LocalMedia, type MediaListener, type SentMedia } from "../media/handler.js";
import { causeOf, RequestRefused } from "../signaling/refusal.js";
import { REQUEST_TIMEOUT, type Session } from "../signaling/session.js";
import { CallMedia, type CallMediaParts } from "./call-media.js";
import type { Change } from "./changes.js";
import type { CallContext } from "./context.js";
import { Hints } from "./hints.js";
import { duration, type Life, type LifeEvent, step } from "./life.js";
import { MediaControl } from "./media-control.js";
import { type Ask, PlatformCall } from "./platform-call.js";
import { Reconnection } from "./reconnection.js";
import type { RegisteredCall } from "./registry.js";
import { applyEvent, type Snapshot } from "./snapshot.js";

/** A platform that works ends a call within this, in milliseconds; then the call ends here without it. */
const END_TIMEOUT = 2_000;

/** A platform that has lost the media says within this, in milliseconds, whether the call goes on. */
const LOSS_TIMEOUT = 20_000;

/** What any kind of call tells; each kind tells some of it. */
type CallEvents = WebrtcCallEvents & PhoneCallEvents & RoomCallEvents & ApplicationCallEvents & EchoTestEvents;

/**
 * What every kind of call is: a life from its start to exactly one end, a media connection, and what it knows of the
 * others. The kinds differ in how they begin, how they ask for their end, and what they tell.
 */
export abstract class BaseCall extends MediaControl implements MediaCall, EventSource<CallEvents>, RegisteredCall {
  protected readonly events: Emitter<CallEvents>;
  protected life: Life;
  protected snapshot: Snapshot | null = null;
  protected readonly hints: Hints;
  readonly #reconnection: Reconnection;
  readonly #platformCall: PlatformCall;
  #ending = false;
  #endTimer: ReturnType<typeof setTimeout> | undefined;

  protected constructor(context: CallContext, wanted: LocalMedia) {
    super(context, wanted);
    this.events = new Emitter(context.log);
    this.life = { status: CallStatus.INITIALIZED, startTime: context.now() };
    this.#platformCall = new PlatformCall(context, this);
    this.hints = new Hints({
      ownTalking: (talking) => this.events.emit(talking ? "started-talking" : "stopped-talking", {}),
      spoke: (started, stopped) => this.spoke(started, stopped),
      absent: (gone, back) => this.absent(gone, back),
    });
    this.#reconnection = new Reconnection({
      probe: context.probe,
      restart: () => this.#restart(),
      rebuild: () => this.#rebuild(),
      rejoin: () => void this.#rejoin().catch((error: unknown) => this.finish(causeOf(error))),
      tellReconnecting: () => this.reconnecting(),
      tellReconnected: () => this.reconnected(),
      giveUp: () => this.finish(errorCode("NETWORK_ERROR")),
    });
  }

  abstract customData(): CustomData;

  /** Asks the platform to end the call. */
  protected abstract requestEnd(session: Session, callId: string): Promise<unknown>;
  /** Tells that the call is established or the room joined. */
  protected abstract entered(snapshot: Snapshot, remoteAudio: MediaStream): void;
  /** Tells what changed; a visible video comes with its stream. */
  protected abstract changed(change: Change, stream: MediaStream | null): void;
  /** Tells that participants began or stopped to speak. */
  protected abstract spoke(started: readonly Participant[], stopped: readonly Participant[]): void;
  /** Tells that nothing arrives from participants any more, or something does again. */
  protected abstract absent(gone: readonly Participant[], back: readonly Participant[]): void;
  protected abstract ended(reason: ErrorCode, totalMediaStats: TotalMediaStats): void;

  on<Name extends keyof CallEvents>(name: Name, handler: Handler<CallEvents[Name]>): void {
    this.events.on(name, handler);
  }

  off<Name extends keyof CallEvents>(name: Name, handler: Handler<CallEvents[Name]>): void {
    this.events.off(name, handler);
  }

  id(): string {
    return this.#platformCall.id() ?? "";
  }

  status(): CallStatus {
    return this.life.status;
  }

  duration(): number {
    return duration(this.life, this.context.now());
  }

  created(callId: string): void {
    this.#platformCall.created(callId);
    if (this.isOver()) {
      this.#askForEnd();
      return;
    }
    clearTimeout(this.#endTimer);
    this.#reconnection.happened("rejoined");
  }

  happened(event: CallEvent): void {
    if (event.type === "call.ended") {
      const reason = statedErrorCode(event.reason);
      if (reason.name === "NETWORK_ERROR") this.lost();
      else this.finish(reason);
      return;
    }
    if (this.isOver()) return;
    switch (event.type) {
      case "call.ringing":
        if (this.advance({ kind: "rang" })) this.rang();
        return;
      case "call.established":
      case "room.joined":
        if (this.snapshot === null) this.#enter(event);
        else this.#enterAgain(this.snapshot, event);
        this.#reconnection.happened("entered");
        return;
      case "media.lost":
        this.#reconnection.happened("mediaLost");
        return;
      case "screen.stopped":
        void this.change((publishing) => publishing.screenStopped(event.reason));
        return;
      case "slots.paused":
        if (this.snapshot !== null) this.media?.videos.pause(this.snapshot, event.slots);
        return;
      case "layers.wanted":
        this.media?.handler.sendLayers(event);
        return;
      case "speakers.changed":
        if (this.snapshot !== null) this.hints.hearSpeakers(this.snapshot, event.speakers, this.id());
        return;
      case "absent.changed":
        if (this.snapshot !== null) this.hints.hearAbsent(this.snapshot, event.absent);
        return;
      default:
        this.texts?.happened(event);
        this.#follow(event);
    }
  }

  networkChanged(): void {
    this.#reconnection.happened("networkChanged");
  }

  lost(): void {
    const goesOn = !this.isOver() && this.rejoins() && this.#reconnection.happened("givenUp");
    if (goesOn) this.texts?.interrupt();
    else this.finish(errorCode("NETWORK_ERROR"));
  }

  finish(reason: ErrorCode): void {
    if (!this.advance({ kind: "ended", reason })) return;
    clearTimeout(this.#endTimer);
    this.#reconnection.happened("ended");
    this.#platformCall.end(new RtcError(reason));
    this.snapshot = null;
    this.hints.end();
    this.texts?.close();
    void this.closeMedia().then((totals) => this.ended(reason, totals));
  }

  /** Tells that the other side rings. Rooms do not ring. */
  protected rang(): void {}

  /** Tells that this side's media is lost. */
  protected reconnecting(): void {
    this.tell("reconnecting", {});
  }

  /** Tells that it flows again. */
  protected reconnected(): void {
    this.tell("reconnected", {});
  }

  /** Whether it begins anew when the platform has given it up. Others have nobody to come back to: they have hung up. */
  protected rejoins(): boolean {
    return false;
  }

  /** Takes a step of the call's life; false when it is not legal now. */
  protected advance(event: LifeEvent): boolean {
    const life = step(this.life, event, this.context.now());
    if (life === null) return false;
    this.life = life;
    return true;
  }

  /** Asks the platform for a new call, and makes its first offer. */
  protected begin(wanted: LocalMedia, ask: Ask): void {
    this.#finishAfter(REQUEST_TIMEOUT, errorCode("NETWORK_ERROR"));
    void this.#create(wanted, ask);
    this.openMedia(wanted);
  }

  /** Takes over a call that the platform has created. */
  protected adopt(session: Session, callId: string): void {
    this.#platformCall.adopt(session, callId);
  }

  /** Opens the devices and makes the first offer, side by side. */
  protected openMedia(wanted: LocalMedia): void {
    try {
      const { createMedia, session } = this.context;
      const iceServers = () =>
        session().then(
          (opened) => opened.iceServers,
          () => [],
        );
      const handler = createMedia(this.#mediaListener(), this.firstWishes(), iceServers);
      this.media = new CallMedia(handler, {
        wanted,
        tell: (update) => this.#tellSent(update),
        exchange: (sdp, connection) => this.#exchange(sdp, connection),
        publishing: this.publishingListener(),
        videos: this.#videosListener(),
        log: this.context.log,
      });
    } catch (error) {
      this.context.log.error("No media connection can be made here", error);
      this.fail(new RtcError(errorCode("MEDIA_ERROR"), error));
      return;
    }
    this.media.publishing.opened().catch((error: unknown) => this.fail(error));
    this.media.offer().catch((error: unknown) => this.#offerFailed(error));
  }

  /** Ends the call: asks the platform and waits for its word, but not for long. Sound and picture stop at once. */
  protected end(reason: ErrorCode): void {
    if (this.isOver()) return;
    this.#ending = true;
    this.texts?.close();
    void this.closeMedia();
    const isThere = !this.#reconnection.isRejoining();
    this.#reconnection.happened("ended");
    this.#finishAfter(isThere ? END_TIMEOUT : 0, reason);
    if (isThere) this.#askForEnd();
  }

  /** The call cannot go on because of this error; of one that came too late the platform says more within `patience`. */
  protected fail(error: unknown, patience = END_TIMEOUT): void {
    if (this.isOver()) return;
    this.context.log.debug("The call failed", error);
    if (error instanceof RequestRefused && error.tooLate) {
      this.#finishAfter(patience, error.errorCode);
      return;
    }
    this.#askForEnd();
    this.finish(causeOf(error));
  }

  /** Whether the end has come or was asked for. */
  protected override isOver(): boolean {
    return this.#ending || this.life.status === CallStatus.FINISHED;
  }

  async #create(wanted: LocalMedia, ask: Ask): Promise<void> {
    try {
      const session = await this.context.session();
      if (this.isOver()) return;
      this.#finishAfter(REQUEST_TIMEOUT, errorCode("REQUEST_TIMEOUT"));
      await this.#platformCall.ask(session, wanted, ask);
    } catch (error) {
      if (this.#ending) this.finish(causeOf(error));
      else this.fail(error);
    }
  }

  /** What this side sends goes on in the call that the platform makes anew. */
  async #rejoin(): Promise<void> {
    clearTimeout(this.#endTimer);
    const publishing = this.media?.publishing;
    if (publishing === undefined) return;
    try {
      const sent = await this.#platformCall.askAgain(
        () => publishing.sent(),
        () => this.#reconnection.isRejoining(),
      );
      if (sent !== null) this.change(() => publishing.begunAgain(sent));
    } catch (error) {
      this.finish(causeOf(error));
    }
  }

  #askForEnd(): void {
    this.#platformCall.askForEnd((session, callId) => this.requestEnd(session, callId));
  }

  #finishAfter(delay: number, reason: ErrorCode): void {
    clearTimeout(this.#endTimer);
    this.#endTimer = setTimeout(() => this.finish(reason), delay);
  }

  #enter(event: CallEvent): void {
    const snapshot = applyEvent(this.snapshot, event);
    if (this.media === null || snapshot === null || !this.advance({ kind: "established" })) return;
    this.snapshot = snapshot;
    this.texts?.open();
    this.entered(snapshot, this.media.handler.remoteAudio());
    this.media.videos.enter(snapshot);
  }

  /** The platform was started again and says afresh what is so; none of its hints is in force until it is said again. */
  #enterAgain(before: Snapshot, event: CallEvent): void {
    this.hints.lapse(before, this.id());
    this.media?.videos.pause(before, []);
    this.media?.handler.sendLayers(ALL_LAYERS);
    this.texts?.openAgain();
    this.#follow(event);
  }

  #follow(event: CallEvent): void {
    const before = this.snapshot;
    const after = applyEvent(before, event);
    this.snapshot = after;
    if (event.type === "participant.left") this.hints.left(event.participantId);
    if (before !== null && after !== null) this.media?.videos.change(before, after);
  }

  /** What cannot be told because there is no call is said when the platform is asked for it again. */
  async #tellSent(changed: Partial<SentMedia>): Promise<void> {
    if (this.#reconnection.isRejoining()) return;
    try {
      await this.request((session, callId) => session.request("media.update", { callId, ...changed }));
    } catch (error) {
      if (!this.#reconnection.isRejoining()) throw error;
    }
  }

  async #exchange(sdp: string, connection: number): Promise<string> {
    const offer = { sdp, connection };
    return (await this.request((session, callId) => session.request("media.offer", { callId, ...offer }))).sdp;
  }

  /** Asks the platform something of this call, unless it is over. */
  protected override request<Result>(ask: (session: Session, callId: string) => Promise<Result>): Promise<Result> {
    return this.#platformCall.request((session, callId) => {
      if (this.isOver()) throw new RtcError(errorCode("INVALID_REQUEST"));
      return ask(session, callId);
    });
  }

  #offerFailed(error: unknown): void {
    if (this.#reconnection.isRejoining()) return;
    // What is no refusal of the platform's came from the browser.
    this.fail(error instanceof RtcError ? error : new RtcError(errorCode("MEDIA_ERROR"), error), LOSS_TIMEOUT);
  }

  #rebuild(): void {
    this.context.log.debug("The platform's side of the media is gone: connecting again");
    clearTimeout(this.#endTimer);
    this.media?.reconnect().catch((error: unknown) => this.#offerFailed(error));
  }

  #restart(): void {
    this.context.log.debug("Another network path is looked for: offering again");
    this.media?.offerAgain(true);
  }

  #mediaListener(): MediaListener {
    return {
      pathLost: () => void this.#reconnection.happened("pathLost"),
      mediaFlows: () => void this.#reconnection.happened("flows"),
      ...this.deviceListener(),
    };
  }

  #videosListener(): CallMediaParts["videos"] {
    return {
      resized: (slots) => this.request((session, callId) => session.request("slots.prefer", { callId, slots })),
      changed: (change, stream) => this.changed(change, stream),
      observeSize: this.context.observeSize,
      isOver: () => this.isOver(),
    };
  }

  protected override tell<Name extends keyof LocalMediaEvents>(name: Name, event: LocalMediaEvents[Name]): void {
    if (!this.isOver()) this.events.emit<Name>(name, event as CallEvents[Name]);
  }
}
