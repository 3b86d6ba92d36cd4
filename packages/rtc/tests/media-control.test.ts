import { afterEach, describe, expect, it, vi } from "vitest";
import type { RoomCall, WebrtcCall } from "../src/api/calls.js";
import type { AudioPlaybackBlockedEvent } from "../src/api/devices.js";
import { AudioQualityMode, CameraOrientation } from "../src/api/enums.js";
import { errorCode, RtcError } from "../src/api/error-code.js";
import { CallsApiEvent } from "../src/api/event-names.js";
import type { WebrtcCallWishes } from "../src/api/options.js";
import { DESK, type Heard, harness, KITCHEN, listen, NORMAL, PORCH, participant, slot } from "./harness.js";

const { server, client, media, connect, incoming, wait, resize, click, plug } = harness();

const REFUSED = expect.objectContaining({ errorCode: expect.objectContaining({ name: "INVALID_REQUEST" }) });
/** Longer than sizes are collected. */
const QUIET = 250;

async function establish(options: WebrtcCallWishes = {}): Promise<[WebrtcCall, Heard]> {
  await connect();
  const call = client().callWebrtc("kitchen", options);
  await server().hears("call.start");
  await server().replies("call.start", { callId: DESK });
  await server().hears("media.offer");
  await server().replies("media.offer", { sdp: "answer 1" });
  await server().says({
    type: "call.established",
    callId: DESK,
    participants: [participant(KITCHEN, "kitchen", { camera: true })],
    slots: [slot(0, KITCHEN, 5)],
    videoSlots: 4,
  });
  return [call, listen(call)];
}

async function join(): Promise<[RoomCall, Heard]> {
  await connect();
  const room = client().joinRoom("standup");
  const heard = listen(room);
  await server().hears("room.join");
  await server().replies("room.join", { callId: DESK });
  await server().hears("media.offer");
  await server().replies("media.offer", { sdp: "answer 1" });
  await server().says({
    type: "room.joined",
    callId: DESK,
    name: "standup",
    participants: [participant(KITCHEN, "kitchen", { camera: true })],
    slots: [slot(0, KITCHEN, 5)],
    videoSlots: 4,
  });
  return [room, heard];
}

const ended = { type: "call.ended", callId: DESK, reason: NORMAL } as const;

describe("what is sent", () => {
  it("follows the options, and what is wished later", async () => {
    const [call] = await establish({
      audioOptions: { audioQualityMode: AudioQualityMode.LOW_DATA },
      videoOptions: { cameraOrientation: CameraOrientation.BACK, videoQuality: "LOW", videoCodec: "VP9" },
    });
    expect(media().wishes()).toMatchObject({ audioQuality: 1, cameraOrientation: "environment", videoCodec: "VP9" });
    expect([call.audioQualityMode(), call.cameraOrientation(), call.videoQuality()]).toEqual([1, "environment", "LOW"]);
    call.setAudioQualityMode(AudioQualityMode.HIGH_QUALITY);
    call.setVideoQuality("MEDIUM");
    await call.setCameraOrientation(CameraOrientation.FRONT);
    expect([call.audioQualityMode(), call.cameraOrientation(), call.videoQuality()]).toEqual([2, "user", "MEDIUM"]);
    expect(media().wishes()).toMatchObject({ audioQuality: 2, camera: null, videoQuality: "MEDIUM" });
  });

  it("goes on when there is no camera that looks the other way", async () => {
    const [call, heard] = await establish();
    media().deviceError = new RtcError(errorCode("DEVICE_NOT_FOUND"));
    await expect(call.setCameraOrientation(CameraOrientation.BACK)).rejects.toMatchObject({
      errorCode: { name: "DEVICE_NOT_FOUND" },
    });
    expect([call.cameraOrientation(), heard.names]).toEqual(["user", ["error"]]);
  });

  it("is neither camera nor screen after stopVideo", async () => {
    const [call, heard] = await establish({ video: true });
    const shared = call.startScreenShare();
    await server().hears("media.update", { screen: true });
    await server().replies("media.update", {});
    await shared;
    const stopped = call.stopVideo();
    await server().hears("media.update", { camera: false, screen: false });
    await server().replies("media.update", {});
    await stopped;
    expect([media().camera, media().screen]).toEqual([false, false]);
    expect(heard.names).toEqual(["screen-share-added", "camera-video-removed", "screen-share-removed"]);
  });

  it("cannot be changed before an incoming call is accepted, and need not be after the end", async () => {
    await connect();
    const call = await incoming();
    expect(() => call.setAudioQualityMode(AudioQualityMode.AUTO)).toThrow(REFUSED);
    expect(() => call.pauseIncomingVideo()).toThrow(REFUSED);
    expect(() => call.attach({} as HTMLAudioElement)).toThrow(REFUSED);
    await server().says(ended);
    call.setAudioQualityMode(AudioQualityMode.AUTO);
    call.pauseIncomingVideo();
    call.attach({} as HTMLAudioElement)();
    await expect(call.stopVideo()).rejects.toEqual(REFUSED);
  });

  it("must be one of what there is", async () => {
    const [call] = await establish();
    expect(() => call.setAudioQualityMode(7 as AudioQualityMode)).toThrow(REFUSED);
    expect(() => call.setVideoQuality("BEST" as "HIGH")).toThrow(REFUSED);
    await expect(call.setCameraOrientation("left" as "user")).rejects.toEqual(REFUSED);
    expect([call.audioQualityMode(), call.videoQuality()]).toEqual([0, "HIGH"]);
  });
});

describe("tones of a telephone", () => {
  it("are sent where somebody takes them", async () => {
    const [call] = await establish();
    await expect(call.sendDTMF("1")).rejects.toMatchObject({ errorCode: { name: "FEATURE_UNAVAILABLE" } });
    media().tones = "";
    await call.sendDTMF("12*");
    await call.sendDTMF("#d");
    expect(media().tones).toBe("12*#D");
  });

  it.each(["", "12 34", "E", "1,2"])("are only what telephones have keys for, not %j", async (digits) => {
    const [call] = await establish();
    media().tones = "";
    await expect(call.sendDTMF(digits)).rejects.toEqual(REFUSED);
    expect(media().tones).toBe("");
  });
});

describe("incoming video", () => {
  const paused = (index: number) => ({ index, width: 0, height: 0, pinned: false });

  it("is paused for everybody who is there and who comes, and resumed", async () => {
    const [room] = await join();
    room.pauseIncomingVideo();
    await wait(QUIET);
    await server().hears("slots.prefer", { slots: [paused(0)] });
    await server().replies("slots.prefer", {});
    await server().says({
      type: "participant.joined",
      callId: DESK,
      participant: participant(PORCH, "porch", { camera: true }),
    });
    await server().says({
      type: "slots.changed",
      callId: DESK,
      slots: [slot(0, KITCHEN, 5), slot(1, PORCH, 6)],
      videoSlots: 4,
    });
    await wait(QUIET);
    await server().hears("slots.prefer", { slots: [paused(1)] });
    await server().replies("slots.prefer", {});
    room.resumeIncomingVideo();
    await wait(QUIET);
    const large = (index: number) => ({ index, width: 65535, height: 65535, pinned: false });
    await server().hears("slots.prefer", { slots: [large(0), large(1)] });
    await server().replies("slots.prefer", {});
  });

  it("stays paused after the connection was made anew", async () => {
    const [room] = await join();
    room.pauseIncomingVideo();
    await wait(QUIET);
    await server().hears("slots.prefer");
    await server().replies("slots.prefer", {});
    await server().says({ type: "media.lost", callId: DESK });
    await server().hears("media.offer", { connection: 2 });
    await server().replies("media.offer", { sdp: "answer 2" });
    await wait(QUIET);
    await server().hears("slots.prefer", { slots: [paused(0)] });
    await server().replies("slots.prefer", {});
  });
});

/** An element that refuses to play as often as it is told. */
class Player {
  muted = false;
  srcObject: unknown = null;
  refusals = 0;
  setAttribute(): void {}
  async play(): Promise<void> {
    if (this.refusals-- > 0) throw new DOMException("", "NotAllowedError");
  }
}

describe("an element that is attached", () => {
  const element = (player: Player): HTMLMediaElement => player as unknown as HTMLMediaElement;

  it("plays everybody's sound until the call ends", async () => {
    const [call] = await establish();
    const [one, other] = [new Player(), new Player()];
    call.attach(element(one));
    const detach = call.attach(element(other));
    expect(one.srcObject).toEqual({ id: "remote-audio" });
    detach();
    detach();
    expect(other.srcObject).toBeNull();
    await server().says(ended);
    expect(one.srcObject).toBeNull();
  });

  it("gets a picture that is no larger than it is", async () => {
    const [room, heard] = await join();
    const player = new Player();
    const { stream } = heard.payload("participant-camera-video-added") as { stream: MediaStream };
    const detach = room.attach(element(player), stream);
    resize(element(player), 320, 180);
    await wait(QUIET);
    await server().hears("slots.prefer", { slots: [{ index: 0, width: 320, height: 180, pinned: false }] });
    await server().replies("slots.prefer", {});
    detach();
    await wait(QUIET);
    await server().hears("slots.prefer", { slots: [{ index: 0, width: 0, height: 0, pinned: false }] });
    await server().replies("slots.prefer", {});
  });

  it("tells when the browser wants a click, and plays at the next one", async () => {
    const [call, heard] = await establish();
    const player = new Player();
    player.refusals = 2;
    call.attach(element(player));
    await wait(0);
    expect(heard.names).toEqual(["audio-playback-blocked"]);
    const { resume } = heard.payload("audio-playback-blocked") as AudioPlaybackBlockedEvent;
    await expect(resume()).rejects.toMatchObject({ errorCode: { name: "DEVICE_FORBIDDEN" } });
    expect(click()).toBe(true);
    await wait(0);
    expect([click(), heard.names.length]).toEqual([false, 1]);
  });
});

describe("the loudspeaker that is chosen", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("gives way to the default one when it is gone", async () => {
    const sinks: string[] = [];
    class Loud extends Player {
      async setSinkId(id: string): Promise<void> {
        sinks.push(id);
      }
    }
    vi.stubGlobal("HTMLMediaElement", Loud);
    vi.stubGlobal(
      "Audio",
      class {
        async setSinkId(): Promise<void> {}
      },
    );
    const [call] = await establish();
    call.attach(new Loud() as unknown as HTMLMediaElement);
    await client().setAudioOutputDevice("headset");
    expect(sinks).toEqual(["headset"]);
    expect(plug({ audioOutputs: [] })).toBe(true);
    await wait(QUIET);
    expect(sinks).toEqual(["headset", ""]);
    expect(plug({})).toBe(false);
  });
});

describe("how loud it is", () => {
  it("is told of the microphone and of everybody who has a slot", async () => {
    const [call] = await establish();
    media().loudness = { microphone: 0.5, slots: [0.25, null, 0.1] };
    expect(await call.audioLevels()).toEqual({ microphone: 0.5, participants: new Map([[KITCHEN, 0.25]]) });
  });

  it("is nothing while the microphone is muted", async () => {
    const [call] = await establish({ audio: false });
    media().loudness = { microphone: 0.5, slots: [] };
    expect(await call.audioLevels()).toEqual({ microphone: 0, participants: new Map() });
  });

  it("of speech into a muted microphone is an event", async () => {
    const [call, heard] = await establish({ audioOptions: { detectTalkingWhileMuted: true } });
    expect(media().wishes().detectTalkingWhileMuted).toBe(true);
    media().talkWhileMuted();
    expect(heard.names).toEqual([CallsApiEvent.TALKING_WHILE_MUTED]);
    call.hangup();
    media().talkWhileMuted();
    expect(heard.names).toHaveLength(1);
    await server().hears("call.hangUp");
    await server().replies("call.hangUp", {});
    await server().says(ended);
  });
});
