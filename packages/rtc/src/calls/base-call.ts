import type { CallCreated, CallEvent, Participant } from "@ringback/protocol";
import type { MediaCall } from "../api/calls.js";
import type { EchoTestEvents } from "../api/echo.js";
import { CallStatus, VideoRemovalReason } from "../api/enums.js";
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
import type { PublishingListener } from "../media/publishing.js";
import type { StatsEntry } from "../media/stats-entry.js";
import { causeOf, RequestRefused } from "../signaling/refusal.js";
import { REQUEST_TIMEOUT, type Session } from "../signaling/session.js";
import { CallMedia, type CallMediaParts, NOTHING_MEASURED } from "./call-media.js";
import type { Change } from "./changes.js";
import type { CallContext } from "./context.js";
import { Deferred } from "./deferred.js";
import { duration, type Life, type LifeEvent, step } from "./life.js";
import { OwnSide } from "./own-side.js";
import type { RegisteredCall } from "./registry.js";
import { applyEvent, type Snapshot } from "./snapshot.js";
import { speakerChanges } from "./speakers.js";

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
export abstract class BaseCall extends OwnSide implements MediaCall, EventSource<CallEvents>, RegisteredCall {
  protected readonly context: CallContext;
  protected readonly events: Emitter<CallEvents>;
  protected life: Life;
  protected snapshot: Snapshot | null = null;
  /** The ids of the participants who speak, the loudest first; this side's is that of its call. */
  protected speakers: readonly string[] = [];
  readonly #callId = new Deferred<string>();
  #session: Session | null = null;
  #ending = false;
  #endTimer: ReturnType<typeof setTimeout> | undefined;

  protected constructor(context: CallContext, wanted: LocalMedia) {
    super(wanted);
    this.context = context;
    this.events = new Emitter(context.log);
    this.life = { status: CallStatus.INITIALIZED, startTime: context.now() };
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
  protected abstract ended(reason: ErrorCode, totalMediaStats: TotalMediaStats): void;

  on<Name extends keyof CallEvents>(name: Name, handler: Handler<CallEvents[Name]>): void {
    this.events.on(name, handler);
  }

  off<Name extends keyof CallEvents>(name: Name, handler: Handler<CallEvents[Name]>): void {
    this.events.off(name, handler);
  }

  id(): string {
    return this.#callId.value() ?? "";
  }

  status(): CallStatus {
    return this.life.status;
  }

  duration(): number {
    return duration(this.life, this.context.now());
  }

  created(callId: string): void {
    this.#callId.resolve(callId);
    if (this.isOver()) this.#askForEnd();
    else clearTimeout(this.#endTimer);
  }

  happened(event: CallEvent): void {
    if (event.type === "call.ended") {
      this.finish(statedErrorCode(event.reason));
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
        return;
      case "media.lost":
        this.#reconnect();
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
        if (this.snapshot !== null) this.#hearSpeakers(this.snapshot, event.speakers);
        return;
      default:
        this.#follow(event);
    }
  }

  finish(reason: ErrorCode): void {
    if (!this.advance({ kind: "ended", reason })) return;
    clearTimeout(this.#endTimer);
    this.snapshot = null;
    this.speakers = [];
    this.#callId.reject(new RtcError(reason));
    void this.#closeMedia().then((totals) => this.ended(reason, totals));
  }

  /** Tells that the other side rings. Rooms do not ring. */
  protected rang(): void {}

  /** Takes a step of the call's life; false when it is not legal now. */
  protected advance(event: LifeEvent): boolean {
    const life = step(this.life, event, this.context.now());
    if (life === null) return false;
    this.life = life;
    return true;
  }

  /** Asks the platform for a new call, and makes its first offer. */
  protected begin(wanted: LocalMedia, ask: (session: Session) => Promise<CallCreated>): void {
    this.#finishAfter(REQUEST_TIMEOUT, errorCode("NETWORK_ERROR"));
    void this.#create(ask);
    this.openMedia(wanted);
  }

  /** Takes over a call that the platform has created. */
  protected adopt(session: Session, callId: string): void {
    this.#session = session;
    this.#callId.resolve(callId);
  }

  /** Opens the devices and makes the first offer, side by side. */
  protected openMedia(wanted: LocalMedia): void {
    try {
      const { createMedia, devices, session } = this.context;
      const iceServers = () =>
        session().then(
          (opened) => opened.iceServers,
          () => [],
        );
      const handler = createMedia(this.#mediaListener(), devices(), iceServers);
      this.media = new CallMedia(handler, {
        wanted,
        tell: (update) => this.#tell(update),
        exchange: (sdp, connection) => this.#exchange(sdp, connection),
        publishing: this.#publishingListener(),
        videos: this.#videosListener(),
        log: this.context.log,
      });
    } catch (error) {
      this.context.log.error("No media connection can be made here", error);
      this.fail(new RtcError(errorCode("MEDIA_ERROR")));
      return;
    }
    this.media.publishing.opened().catch((error: unknown) => this.fail(error));
    this.media.offer().catch((error: unknown) => this.#offerFailed(error));
  }

  /** Ends the call: asks the platform and waits for its word, but not for long. Sound and picture stop at once. */
  protected end(reason: ErrorCode): void {
    if (this.isOver()) return;
    this.#ending = true;
    void this.#closeMedia();
    this.#finishAfter(END_TIMEOUT, reason);
    if (this.#callId.value() !== null) this.#askForEnd();
  }

  /** The call cannot go on because of this error; of one that came too late the platform says more within `patience`. */
  protected fail(error: unknown, patience = END_TIMEOUT): void {
    if (this.isOver()) return;
    this.context.log.debug("The call failed", error);
    if (error instanceof RequestRefused && error.tooLate) {
      this.#finishAfter(patience, error.errorCode);
      return;
    }
    if (this.#callId.value() !== null) this.#askForEnd();
    this.finish(causeOf(error));
  }

  /** What the media connection measures now. */
  protected measured(): Promise<readonly StatsEntry[]> {
    return (this.life.status === CallStatus.FINISHED ? undefined : this.media?.handler.stats()) ?? Promise.resolve([]);
  }

  /** The stream of a video that comes from this slot. */
  protected shown(videoId: string, slot: number): MediaStream | null {
    return this.media?.handler.showVideo(videoId, slot) ?? null;
  }

  /** Whether the end has come or was asked for. */
  protected override isOver(): boolean {
    return this.#ending || this.life.status === CallStatus.FINISHED;
  }

  async #create(ask: (session: Session) => Promise<CallCreated>): Promise<void> {
    try {
      const session = await this.context.session();
      if (this.isOver()) return;
      this.#session = session;
      this.#finishAfter(REQUEST_TIMEOUT, errorCode("REQUEST_TIMEOUT"));
      await this.context.registry.create(ask(session), this);
    } catch (error) {
      if (this.#ending) this.finish(causeOf(error));
      else this.fail(error);
    }
  }

  #askForEnd(): void {
    const callId = this.#callId.value();
    if (this.#session === null || callId === null) return;
    this.requestEnd(this.#session, callId).catch((error: unknown) => {
      this.context.log.debug("The platform did not end the call", error);
    });
  }

  #finishAfter(delay: number, reason: ErrorCode): void {
    clearTimeout(this.#endTimer);
    this.#endTimer = setTimeout(() => this.finish(reason), delay);
  }

  #enter(event: CallEvent): void {
    const snapshot = applyEvent(this.snapshot, event);
    if (this.media === null || snapshot === null || !this.advance({ kind: "established" })) return;
    this.snapshot = snapshot;
    this.entered(snapshot, this.media.handler.remoteAudio());
    this.media.videos.enter(snapshot);
  }

  /** The platform was started again and says afresh what is so; none of its hints is in force until it is said again. */
  #enterAgain(before: Snapshot, event: CallEvent): void {
    if (this.speakers.length > 0) this.#hearSpeakers(before, []);
    this.media?.videos.pause(before, []);
    this.media?.handler.sendLayers(ALL_LAYERS);
    this.#follow(event);
  }

  #follow(event: CallEvent): void {
    const before = this.snapshot;
    const after = applyEvent(before, event);
    this.snapshot = after;
    if (event.type === "participant.left") this.speakers = this.speakers.filter((id) => id !== event.participantId);
    if (before !== null && after !== null) this.media?.videos.change(before, after);
  }

  #hearSpeakers({ participants }: Snapshot, speakers: readonly string[]): void {
    const { started, stopped } = speakerChanges(this.speakers, speakers);
    this.speakers = speakers;
    const own = this.id();
    if (started.includes(own)) this.events.emit("started-talking", {});
    if (stopped.includes(own)) this.events.emit("stopped-talking", {});
    const named = (ids: readonly string[]) => participants.filter(({ id }) => ids.includes(id));
    this.spoke(named(started), named(stopped));
  }

  async #tell(changed: Partial<SentMedia>): Promise<void> {
    const callId = await this.#callId.promise;
    await this.#liveSession().request("media.update", { callId, ...changed });
  }

  async #exchange(sdp: string, connection: number): Promise<string> {
    const callId = await this.#callId.promise;
    return (await this.#liveSession().request("media.offer", { callId, sdp, connection })).sdp;
  }

  #offerFailed(error: unknown): void {
    // What is no refusal of the platform's came from the browser.
    this.fail(error instanceof RtcError ? error : new RtcError(errorCode("MEDIA_ERROR")), LOSS_TIMEOUT);
  }

  #reconnect(): void {
    this.context.log.debug("The platform has lost the media: connecting again");
    clearTimeout(this.#endTimer);
    this.media?.reconnect().catch((error: unknown) => this.#offerFailed(error));
  }

  #liveSession(): Session {
    if (this.#session === null || this.isOver()) throw new RtcError(errorCode("INVALID_REQUEST"));
    return this.#session;
  }

  #pathLost(): void {
    if (this.isOver()) return;
    this.context.log.debug("The network path is lost: offering again");
    this.context.probe();
    this.media?.offerAgain(true);
  }

  #closeMedia(): Promise<TotalMediaStats> {
    return this.media?.close() ?? Promise.resolve(NOTHING_MEASURED);
  }

  #mediaListener(): MediaListener {
    return {
      pathLost: () => this.#pathLost(),
      cameraLost: () => void this.cameraVideo(false),
      microphoneLost: (cause) => void this.change((publishing) => publishing.microphoneLost(cause)),
      screenEnded: () => void this.stopScreenShare(),
    };
  }

  #videosListener(): CallMediaParts["videos"] {
    return {
      resized: async (slots) => this.#liveSession().request("slots.prefer", { callId: this.id(), slots }),
      changed: (change, stream) => this.changed(change, stream),
      observeSize: this.context.observeSize,
      isOver: () => this.isOver(),
    };
  }

  #publishingListener(): PublishingListener {
    return {
      cameraAdded: (stream) => this.#tellUnlessOver("camera-video-added", { stream }),
      cameraRemoved: () => this.#tellUnlessOver("camera-video-removed", { reason: VideoRemovalReason.USER_REQUEST }),
      screenAdded: (stream) => this.#tellUnlessOver("screen-share-added", { stream }),
      screenRemoved: (reason) => this.#tellUnlessOver("screen-share-removed", { reason }),
      failed: (cause) => this.#tellUnlessOver("error", { errorCode: cause }),
    };
  }

  #tellUnlessOver<Name extends keyof LocalMediaEvents>(name: Name, event: LocalMediaEvents[Name]): void {
    if (!this.isOver()) this.events.emit<Name>(name, event as CallEvents[Name]);
  }
}
