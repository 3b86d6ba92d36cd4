import type { ApplicationCall } from "../api/calls.js";
import { CallStatus } from "../api/enums.js";
import { type ErrorCode, errorCode } from "../api/error-code.js";
import type { ApplicationCallOptions } from "../api/options.js";
import type { RecordingState } from "../api/recording.js";
import type { TotalMediaStats } from "../api/stats.js";
import type { Session } from "../signaling/session.js";
import { type CallContext, wantedMedia } from "./context.js";
import { GroupCall } from "./group-call.js";
import { endTime, establishTime } from "./life.js";
import type { Snapshot } from "./snapshot.js";

/** A call that this side makes to an application. */
export class OutgoingApplicationCall extends GroupCall implements ApplicationCall {
  readonly #callsConfigurationId: string;
  readonly #options: ApplicationCallOptions;

  constructor(context: CallContext, callsConfigurationId: string, options: ApplicationCallOptions) {
    const wanted = wantedMedia(options);
    super(context, wanted);
    this.#callsConfigurationId = callsConfigurationId;
    this.#options = options;
    const { customData, autoReconnect, platformOptions } = options;
    const { applicationId, entityId } = platformOptions;
    const destination = {
      type: "APPLICATION",
      callsConfigurationId,
      ...(applicationId !== undefined && { applicationId }),
      ...(entityId !== undefined && { entityId }),
      autoReconnect,
    } as const;
    this.carryTexts(options);
    this.advance({ kind: "called" });
    this.begin(wanted, (session) =>
      session.request("call.start", { destination, ...wanted, customData: { ...customData } }, null),
    );
  }

  options(): ApplicationCallOptions {
    return this.#options;
  }

  callsConfigurationId(): string {
    return this.#callsConfigurationId;
  }

  recordingState(): RecordingState {
    return {};
  }

  setReconnectHandler(): void {}

  startTime(): Date {
    return this.life.startTime;
  }

  establishTime(): Date | null {
    return establishTime(this.life);
  }

  endTime(): Date | null {
    return endTime(this.life);
  }

  hangup(): void {
    this.end(errorCode(this.status() === CallStatus.ESTABLISHED ? "NORMAL_HANGUP" : "CANCELLED"));
  }

  protected requestEnd(session: Session, callId: string): Promise<unknown> {
    return session.request("call.hangUp", { callId });
  }

  protected override rang(): void {
    this.events.emit("ringing", {});
  }

  protected entered(_: Snapshot, stream: MediaStream): void {
    this.events.emit("established", { stream });
  }

  protected ended(reason: ErrorCode, totalMediaStats: TotalMediaStats): void {
    this.events.emit("hangup", { errorCode: reason, totalMediaStats });
  }
}
