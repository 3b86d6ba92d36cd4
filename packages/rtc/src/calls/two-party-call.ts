import type { Call } from "../api/calls.js";
import { type Endpoint, WebrtcEndpoint } from "../api/endpoint.js";
import type { ErrorCode } from "../api/error-code.js";
import type { CallOptions, CustomData } from "../api/options.js";
import type { TotalMediaStats } from "../api/stats.js";
import type { MediaOptions } from "../media/wishes.js";
import type { Session } from "../signaling/session.js";
import { BaseCall } from "./base-call.js";
import type { Change, VideoSource } from "./changes.js";
import { endTime, establishTime } from "./life.js";
import type { Snapshot } from "./snapshot.js";

const VIDEO_ADDED = { camera: "remote-camera-video-added", screen: "remote-screen-share-added" } as const;
const VIDEO_REMOVED = { camera: "remote-camera-video-removed", screen: "remote-screen-share-removed" } as const;
const VIDEO_PAUSED = { camera: "remote-camera-video-paused", screen: "remote-screen-share-paused" } as const;
const VIDEO_RESUMED = { camera: "remote-camera-video-resumed", screen: "remote-screen-share-resumed" } as const;

/** What outgoing and incoming calls share: one other side, told as "remote". */
export abstract class TwoPartyCall extends BaseCall implements Call {
  readonly #remoteVideos = new Set<VideoSource>();

  abstract options(): CallOptions;
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
    return this.snapshot !== null && this.#remoteVideos.has("camera");
  }

  hasRemoteScreenShare(): boolean {
    return this.snapshot !== null && this.#remoteVideos.has("screen");
  }

  protected override mediaOptions(): MediaOptions {
    return this.options();
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
        this.#remoteVideos.add(change.source);
        if (stream !== null) this.events.emit(VIDEO_ADDED[change.source], { stream });
        return;
      case "videoRemoved":
        this.#remoteVideos.delete(change.source);
        this.events.emit(VIDEO_REMOVED[change.source], {});
        return;
      case "videoPaused":
        this.events.emit(VIDEO_PAUSED[change.source], {});
        return;
      case "videoResumed":
        this.events.emit(VIDEO_RESUMED[change.source], {});
        return;
      case "joining":
      case "joined":
      case "left":
      case "videoMoved":
        return;
    }
  }

  protected spoke(): void {}

  protected absent(gone: readonly unknown[], back: readonly unknown[]): void {
    if (gone.length > 0) this.events.emit("remote-disconnected", {});
    if (back.length > 0) this.events.emit("remote-reconnected", {});
  }

  protected ended(reason: ErrorCode, totalMediaStats: TotalMediaStats): void {
    this.events.emit("hangup", { errorCode: reason, totalMediaStats });
  }

  /** The other side as the platform names it, once the call is established. */
  protected participantEndpoint(): Endpoint | null {
    const endpoint = this.snapshot?.participants[0]?.endpoint;
    return endpoint === undefined ? null : new WebrtcEndpoint(endpoint.identity, endpoint.displayName);
  }
}
