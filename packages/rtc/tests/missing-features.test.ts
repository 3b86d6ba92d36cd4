import { describe, expect, it } from "vitest";
import { AudioOptions, VideoOptions } from "../src/index.js";
import { harness } from "./harness.js";

const { client, connect, incoming, log, server } = harness();
const audioFilter = { start: async (track: MediaStreamTrack) => track, stop() {} };
const videoFilter = { start: async () => ({}) as MediaStreamTrack, stop() {}, applyFilter() {} };

describe("what this release does not have", () => {
  it("is refused by a promise that nobody has to await", async () => {
    await connect();
    const room = client().joinRoom("standup");
    await server().hears("room.join");
    server().ignores("room.join");
    const unavailable = { errorCode: { name: "FEATURE_UNAVAILABLE" } };
    void room.setAudioFilter(audioFilter);
    await expect(room.setVideoFilter(videoFilter)).rejects.toMatchObject(unavailable);
    await expect(room.localCapturer().takeScreenshot("alice", "CAMERA")).rejects.toMatchObject(unavailable);
    await expect(room.serverCapturer().takeScreenshot("alice", "CAMERA")).rejects.toMatchObject(unavailable);
    await expect(Promise.all([room.clearAudioFilter(), room.clearVideoFilter()])).resolves.toBeDefined();
    expect([room.audioFilter(), room.videoFilter()]).toEqual([undefined, undefined]);
  });

  it("is gone without where options ask for it", async () => {
    await connect();
    client().callPhone("41793026727", { audioOptions: new AudioOptions({ audioFilter }) });
    await server().hears("call.start");
    server().ignores("call.start");
    client().joinRoom("standup", { videoOptions: new VideoOptions({ videoFilter }) });
    await server().hears("room.join");
    server().ignores("room.join");
    (await incoming()).accept({ videoOptions: { videoFilter } });
    await server().hears("call.accept");
    server().ignores("call.accept");
    await server().hears("media.offer");
    server().ignores("media.offer");
    const warnings = log().warn.mock.calls.map(([message]) => message);
    expect(warnings).toEqual(Array(3).fill("This release has no filters: the call goes on without"));
  });
});
