import type { RoomCall } from "../api/calls.js";
import { CallStatus, RecordingType } from "../api/enums.js";
import { type ErrorCode, errorCode } from "../api/error-code.js";
import type { RoomJoinedEvent } from "../api/events.js";
import type { RoomCallOptions } from "../api/options.js";
import type { TotalMediaStats } from "../api/stats.js";
import type { Session } from "../signaling/session.js";
import { type CallContext, wantedMedia } from "./context.js";
import { GroupCall } from "./group-call.js";
import { endTime, establishTime } from "./life.js";
import type { Snapshot } from "./snapshot.js";

/** A call into a room. */
export class JoinedRoom extends GroupCall implements RoomCall {
  readonly #name: string;
  readonly #options: RoomCallOptions;

  constructor(context: CallContext, name: string, options: RoomCallOptions) {
    const wanted = wantedMedia(options);
    super(context, wanted);
    this.#name = name;
    this.#options = options;
    this.carryTexts(options);
    this.advance({ kind: "connecting" });
    this.begin(wanted, (session, sent) =>
      session.request("room.join", { name, ...sent, customData: { ...options.customData } }, null),
    );
  }

  options(): RoomCallOptions {
    return this.#options;
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

  leave(): void {
    this.end(errorCode("NORMAL_HANGUP"));
  }

  protected override reconnecting(): void {
    super.reconnecting();
    this.events.emit("room-rejoining", {});
  }

  protected override reconnected(): void {
    super.reconnected();
    if (this.snapshot !== null && this.media !== null) {
      this.events.emit("room-rejoined", this.#joined(this.snapshot, this.media.handler.remoteAudio()));
    }
  }

  protected override rejoins(): boolean {
    return this.#options.autoReconnect && this.status() === CallStatus.ESTABLISHED;
  }

  protected requestEnd(session: Session, callId: string): Promise<unknown> {
    return session.request("room.leave", { callId });
  }

  protected entered(snapshot: Snapshot, stream: MediaStream): void {
    this.events.emit("room-joined", this.#joined(snapshot, stream));
  }

  protected ended(reason: ErrorCode, totalMediaStats: TotalMediaStats): void {
    this.events.emit("room-left", { errorCode: reason, totalMediaStats });
  }

  #joined({ participants }: Snapshot, stream: MediaStream): RoomJoinedEvent {
    return {
      id: this.id(),
      name: this.#name,
      participants: participants.map((participant) => this.known(participant)),
      stream,
      recordingType: RecordingType.UNDEFINED,
    };
  }
}
