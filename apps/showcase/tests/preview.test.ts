import { describe, expect, it } from "vitest";
import { Preview } from "../src/model/preview";

class FakeTrack {
  enabled = true;
  stopped = false;
  stop(): void {
    this.stopped = true;
  }
}

function fakeStream(audio: FakeTrack, video: FakeTrack | null): MediaStream {
  const tracks = { getTracks: () => [audio, ...(video === null ? [] : [video])], getAudioTracks: () => [audio] };
  return tracks as unknown as MediaStream;
}

const PRESENT = [
  { kind: "audioinput", deviceId: "headset", label: "Headset" },
  { kind: "videoinput", deviceId: "webcam", label: "Webcam" },
  { kind: "audiooutput", deviceId: "unnamed", label: "" },
];

/** Devices of which some fail with the name of a browser's error. */
function devices(failing: { camera?: string; microphone?: string }) {
  const opened: FakeTrack[] = [];
  const asked: MediaStreamConstraints[] = [];
  const getUserMedia = async (wanted: MediaStreamConstraints = {}): Promise<MediaStream> => {
    const { video } = wanted;
    asked.push(wanted);
    const error = failing.microphone ?? (video ? failing.camera : undefined);
    if (error !== undefined) throw Object.assign(new Error(), { name: error });
    const tracks = [new FakeTrack(), new FakeTrack()] as const;
    opened.push(...tracks);
    return fakeStream(tracks[0], video ? tracks[1] : null);
  };
  const enumerateDevices = async (): Promise<MediaDeviceInfo[]> => PRESENT as MediaDeviceInfo[];
  return { opened, asked, world: { mediaDevices: { getUserMedia, enumerateDevices } } };
}

describe("the preview", () => {
  it("gives the devices back when it stops", async () => {
    const { opened, world } = devices({});
    const preview = new Preview(world);
    await preview.start();
    expect(preview.state.value).toBe("on");
    preview.stop();
    expect(opened.every(({ stopped }) => stopped)).toBe(true);
    expect(preview.stream.value).toBeNull();
  });

  it("gives back what comes after it was stopped", async () => {
    const { opened, world } = devices({});
    const preview = new Preview(world);
    const starting = preview.start();
    preview.stop();
    await starting;
    expect(opened.every(({ stopped }) => stopped)).toBe(true);
    expect(preview.stream.value).toBeNull();
  });

  it.each([
    ["NotAllowedError", "DENIED"],
    ["NotFoundError", "MISSING"],
    ["OverconstrainedError", "MISSING"],
    ["NotReadableError", "BUSY"],
    ["SomethingElse", "UNKNOWN"],
  ])("goes on without a camera that fails with %s", async (error, problem) => {
    const preview = new Preview(devices({ camera: error }).world);
    await preview.start();
    expect(preview.problems.value).toEqual([{ device: "camera", problem }]);
    expect(preview.stream.value).not.toBeNull();
    expect(preview.cameraUsable()).toBe(false);
  });

  it("says when it is the microphone", async () => {
    const preview = new Preview(devices({ microphone: "NotReadableError" }).world);
    await preview.start();
    expect(preview.problems.value).toEqual([{ device: "microphone", problem: "BUSY" }]);
  });

  it("lists what can be chosen by name, and takes what was chosen", async () => {
    const { asked, world } = devices({});
    const preview = new Preview(world);
    await preview.start();
    expect(preview.choice.available.value).toEqual({
      audioinput: [{ id: "headset", name: "Headset" }],
      videoinput: [{ id: "webcam", name: "Webcam" }],
      audiooutput: [],
    });
    preview.choice.choose("audioinput", "headset");
    await preview.start();
    expect(asked).toEqual([
      { audio: true, video: true },
      { audio: { deviceId: "headset" }, video: true },
    ]);
  });

  it("explains an address that is not secure", () => {
    expect(new Preview({}).problems.value.map(({ problem }) => problem)).toEqual(["INSECURE", "INSECURE"]);
  });

  it("asks nobody by itself before the browser was allowed to", async () => {
    const { opened, world } = devices({});
    await new Preview(world).startIfAllowed();
    expect(opened).toEqual([]);
  });
});
