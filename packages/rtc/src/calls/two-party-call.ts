import type { WebrtcCall } from "../api/calls.js";
import { type Endpoint, webrtcEndpoint } from "../api/endpoint.js";
import type { ErrorCode } from "../api/error-code.js";
import type { LocalMediaEvents, WebrtcCallEvents } from "../api/events.js";
import type { CustomData, WebrtcCallOptions } from "../api/options.js";
import type { TotalMediaStats } from "../api/stats.js";
import type { Session } from "../signaling/session.js";
import { BaseCall } from "./base-call.js";
import type { Change } from "./changes.js";
import { endTime, establishTime } from "./life.js";
import type { Snapshot } from "./snapshot.js";

/** What outgoing and incoming calls share: one other side, told as "remote". */
export abstract class TwoPartyCall extends BaseCall<WebrtcCallEvents> implements WebrtcCall {
  #remoteVideo = false;

  abstract options(): WebrtcCallOptions;
  abstract source(): Endpoint;
  abstract destination(): Endpoint;
  abstract counterpart(): Endpoint;
  abstract hangup(): void;
  abstract override customData(): CustomData;

  startTime(): Date {
    return this.life.startTime;
  }

  establishTime(): Date | null {
    return establishTime(this.life);
  }

  endTime(): Date | null {
    return endTime(this.life);
  }

  hasRemoteCameraVideo(): boolean {
    return this.snapshot !== null && this.#remoteVideo;
  }

  protected requestEnd(session: Session, callId: string): Promise<unknown> {
    return session.request("call.hangUp", { callId });
  }

  protected override rang(): void {
    this.events.emit("ringing", {});
  }

  protected entered(snapshot: Snapshot, stream: MediaStream): void {
    this.events.emit("established", { stream });
    if (snapshot.participants[0]?.microphone === false) this.events.emit("remote-muted", {});
  }

  protected changed(change: Change, stream: MediaStream | null): void {
    switch (change.kind) {
      case "muted":
        this.events.emit("remote-muted", {});
        return;
      case "unmuted":
        this.events.emit("remote-unmuted", {});
        return;
      case "videoAdded":
        this.#remoteVideo = true;
        if (stream !== null) this.events.emit("remote-camera-video-added", { stream });
        return;
      case "videoRemoved":
        this.#remoteVideo = false;
        this.events.emit("remote-camera-video-removed", {});
        return;
      case "joining":
      case "joined":
      case "left":
      case "videoMoved":
        return;
    }
  }

  protected ended(reason: ErrorCode, totalMediaStats: TotalMediaStats): void {
    this.events.emit("hangup", { errorCode: reason, totalMediaStats });
  }

  protected emitLocal<Name extends keyof LocalMediaEvents>(name: Name, event: LocalMediaEvents[Name]): void {
    this.events.emit<Name>(name, event as WebrtcCallEvents[Name]);
  }

  /** The other side as the platform names it, once the call is established. */
  protected participantEndpoint(): Endpoint | null {
    const endpoint = this.snapshot?.participants[0]?.endpoint;
    return endpoint === undefined ? null : webrtcEndpoint(endpoint.identity, endpoint.displayName);
  }
}
