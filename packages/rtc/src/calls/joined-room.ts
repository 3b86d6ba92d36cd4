import type { Participant as WireParticipant } from "@ringback/protocol";
import type { RoomCall } from "../api/calls.js";
import { webrtcEndpoint } from "../api/endpoint.js";
import { RecordingType } from "../api/enums.js";
import { type ErrorCode, errorCode } from "../api/error-code.js";
import type { LocalMediaEvents, RoomCallEvents } from "../api/events.js";
import type { CustomData, RoomCallOptions } from "../api/options.js";
import type { Participant } from "../api/participant.js";
import type { TotalMediaStats } from "../api/stats.js";
import type { Session } from "../signaling/session.js";
import { BaseCall } from "./base-call.js";
import type { Change } from "./changes.js";
import { type CallContext, wantedMedia } from "./context.js";
import { endTime, establishTime } from "./life.js";
import type { Snapshot } from "./snapshot.js";

const VIDEO_ADDED = { camera: "participant-camera-video-added", screen: "participant-screen-share-added" } as const;
const VIDEO_REMOVED = {
  camera: "participant-camera-video-removed",
  screen: "participant-screen-share-removed",
} as const;

const VIDEO_PAUSED = {
  camera: "participant-camera-video-paused",
  screen: "participant-screen-share-paused",
} as const;
const VIDEO_RESUMED = {
  camera: "participant-camera-video-resumed",
  screen: "participant-screen-share-resumed",
} as const;

/** A call into a room. */
export class JoinedRoom extends BaseCall<RoomCallEvents> implements RoomCall {
  readonly #name: string;
  readonly #options: RoomCallOptions;

  constructor(context: CallContext, name: string, options: RoomCallOptions) {
    const wanted = wantedMedia(options);
    super(context, wanted);
    this.#name = name;
    this.#options = options;
    this.advance({ kind: "connecting" });
    this.begin(wanted, (session) =>
      session.request("room.join", { name, ...wanted, customData: { ...options.customData } }, null),
    );
  }

  options(): RoomCallOptions {
    return this.#options;
  }

  customData(): CustomData {
    return this.#options.customData;
  }

  name(): string {
    return this.#name;
  }

  joinTime(): Date | null {
    return establishTime(this.life);
  }

  leaveTime(): Date | null {
    return endTime(this.life);
  }

  participants(): readonly Participant[] {
    return this.snapshot?.participants.map((participant) => this.#public(participant)) ?? [];
  }

  leave(): void {
    this.end(errorCode("NORMAL_HANGUP"));
  }

  protected requestEnd(session: Session, callId: string): Promise<unknown> {
    return session.request("room.leave", { callId });
  }

  protected entered(snapshot: Snapshot, stream: MediaStream): void {
    this.events.emit("room-joined", {
      id: this.id(),
      name: this.#name,
      participants: snapshot.participants.map((participant) => this.#public(participant)),
      stream,
      recordingType: RecordingType.UNDEFINED,
    });
  }

  protected changed(change: Change, stream: MediaStream | null): void {
    const participant = this.#public(change.participant);
    switch (change.kind) {
      case "joining":
        this.events.emit("participant-joining", { participant });
        return;
      case "joined":
        this.events.emit("participant-joined", { participant });
        return;
      case "left":
        this.events.emit("participant-left", { participant });
        return;
      case "muted":
        this.events.emit("participant-muted", { participant });
        return;
      case "unmuted":
        this.events.emit("participant-unmuted", { participant });
        return;
      case "videoAdded":
        if (stream !== null) this.events.emit(VIDEO_ADDED[change.source], { participant, stream });
        return;
      case "videoRemoved":
        this.events.emit(VIDEO_REMOVED[change.source], { participant });
        return;
      case "videoPaused":
        this.events.emit(VIDEO_PAUSED[change.source], { participant });
        return;
      case "videoResumed":
        this.events.emit(VIDEO_RESUMED[change.source], { participant });
        return;
      case "videoMoved":
        return;
    }
  }

  protected spoke(started: readonly WireParticipant[], stopped: readonly WireParticipant[]): void {
    for (const participant of stopped) {
      this.events.emit("participant-stopped-talking", { participant: this.#public(participant) });
    }
    for (const participant of started) {
      this.events.emit("participant-started-talking", { participant: this.#public(participant) });
    }
    const participants = this.speakers.flatMap((speaker) =>
      this.participants().filter(({ callId }) => callId === speaker),
    );
    this.events.emit("active-speakers-changed", { participants });
  }

  protected ended(reason: ErrorCode, totalMediaStats: TotalMediaStats): void {
    this.events.emit("room-left", { errorCode: reason, totalMediaStats });
  }

  protected emitLocal<Name extends keyof LocalMediaEvents>(name: Name, event: LocalMediaEvents[Name]): void {
    this.events.emit<Name>(name, event as RoomCallEvents[Name]);
  }

  #public({ id, endpoint, state, microphone }: WireParticipant): Participant {
    return {
      callId: id,
      endpoint: webrtcEndpoint(endpoint.identity, endpoint.displayName),
      state,
      media: { audio: { muted: !microphone, talking: this.speakers.includes(id) } },
    };
  }
}
