import type { Participant as WireParticipant } from "@ringback/protocol";
import type { GroupCall as PublicGroupCall } from "../api/calls.js";
import { WebrtcEndpoint } from "../api/endpoint.js";
import type { CustomData, VideoCallOptions } from "../api/options.js";
import type { Participant } from "../api/participant.js";
import type { MediaOptions } from "../media/wishes.js";
import { BaseCall } from "./base-call.js";
import type { Change } from "./changes.js";

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

/** What rooms and calls to applications share: others, each told as a participant. */
export abstract class GroupCall extends BaseCall implements PublicGroupCall {
  abstract options(): VideoCallOptions;

  customData(): CustomData {
    return this.options().customData;
  }

  participants(): readonly Participant[] {
    return this.snapshot?.participants.map((participant) => this.known(participant)) ?? [];
  }

  protected override mediaOptions(): MediaOptions {
    return this.options();
  }

  protected changed(change: Change, stream: MediaStream | null): void {
    const participant = this.known(change.participant);
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
      this.events.emit("participant-stopped-talking", { participant: this.known(participant) });
    }
    for (const participant of started) {
      this.events.emit("participant-started-talking", { participant: this.known(participant) });
    }
    const participants = this.hints.speakers.flatMap((speaker) =>
      this.participants().filter(({ callId }) => callId === speaker),
    );
    this.events.emit("active-speakers-changed", { participants });
  }

  protected absent(gone: readonly WireParticipant[], back: readonly WireParticipant[]): void {
    for (const participant of gone) {
      this.events.emit("participant-disconnected", { participant: this.known(participant) });
    }
    for (const participant of back) {
      this.events.emit("participant-reconnected", { participant: this.known(participant) });
    }
  }

  /** A participant as applications know it. */
  protected known(participant: WireParticipant): Participant {
    const { id, endpoint, state, microphone } = participant;
    return {
      callId: id,
      endpoint: new WebrtcEndpoint(endpoint.identity, endpoint.displayName),
      state,
      media: {
        audio: { muted: !microphone, deaf: false, talking: this.hints.speakers.includes(id) },
        video: { blind: false },
      },
      disconnected: this.hints.absent.includes(id),
    };
  }
}
