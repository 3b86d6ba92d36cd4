import type { EchoTest, EchoTestOptions, EchoTestStats } from "../api/echo.js";
import { type ErrorCode, errorCode } from "../api/error-code.js";
import type { CustomData } from "../api/options.js";
import type { TotalMediaStats } from "../api/stats.js";
import { echoStats } from "../media/echo-stats.js";
import type { Session } from "../signaling/session.js";
import { BaseCall } from "./base-call.js";
import { type CallContext, wantedMedia } from "./context.js";
import type { Snapshot } from "./snapshot.js";

/** The slot that brings everything back. */
const ECHO_SLOT = 0;

/** A call with nobody in it but this side's own echo. */
export class EchoCall extends BaseCall implements EchoTest {
  readonly #camera: boolean;

  constructor(context: CallContext, options: EchoTestOptions) {
    const wanted = wantedMedia(options);
    super(context, wanted);
    this.#camera = wanted.camera;
    this.advance({ kind: "connecting" });
    this.begin(wanted, (session) => session.request("echo.start", wanted, null));
  }

  customData(): CustomData {
    return {};
  }

  async stats(): Promise<EchoTestStats> {
    return echoStats(await this.measured());
  }

  stop(): void {
    this.end(errorCode("NORMAL_HANGUP"));
  }

  protected requestEnd(session: Session, callId: string): Promise<unknown> {
    return session.request("call.hangUp", { callId });
  }

  protected entered(_: Snapshot, stream: MediaStream): void {
    const video = this.#camera ? this.shown(this.id(), ECHO_SLOT) : null;
    this.events.emit("connected", { stream, video });
  }

  protected changed(): void {}

  protected spoke(): void {}

  protected absent(): void {}

  protected ended(reason: ErrorCode, totalMediaStats: TotalMediaStats): void {
    this.events.emit("ended", { errorCode: reason, totalMediaStats });
  }
}
