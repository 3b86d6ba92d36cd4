import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Playback } from "../src/media/playback.js";
import { FakeStream, FakeTrack } from "../src/testing/fake-browser.js";

const REFUSED = new DOMException("", "NotAllowedError");
const [SOUND, PICTURE] = (["audio", "video"] as const).map(
  (kind) => new FakeStream([new FakeTrack(kind)]) as unknown as MediaStream,
) as [MediaStream, MediaStream];

/** An element of a page; it refuses to play as often as it is told. */
class Element {
  muted = false;
  autoplay = false;
  srcObject: unknown = null;
  playing = 0;
  refusals = 0;
  output = "";
  readonly attributes: string[] = [];
  setAttribute(name: string): void {
    this.attributes.push(name);
  }
  async play(): Promise<void> {
    if (this.refusals > 0) {
      this.refusals -= 1;
      throw REFUSED;
    }
    this.playing += 1;
  }
  async setSinkId(output: string): Promise<void> {
    if (output === "gone") throw new DOMException("", "NotFoundError");
    this.output = output;
  }
}

let element: Element;
let playback: Playback;
let clicked: (() => void) | null;
const resumes: (() => Promise<void>)[] = [];
const attach = (stream = SOUND): (() => void) =>
  playback.attach(element as unknown as HTMLMediaElement, stream, (resume) => resumes.push(resume));
const settled = () => new Promise((resolve) => setTimeout(resolve));

beforeEach(() => {
  element = new Element();
  clicked = null;
  resumes.length = 0;
  playback = new Playback((then) => {
    clicked = then;
    return () => {
      clicked = null;
    };
  });
  vi.stubGlobal("HTMLMediaElement", Element);
  vi.stubGlobal("Audio", Element);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("an element", () => {
  it("plays a stream until it is detached", async () => {
    const detach = attach();
    await settled();
    expect(element).toMatchObject({ srcObject: SOUND, playing: 1, muted: false, autoplay: true });
    expect(element.attributes).toEqual(["playsinline"]);
    expect([resumes, clicked]).toEqual([[], null]);
    detach();
    expect(element.srcObject).toBeNull();
  });

  it("is muted while it shows a picture, so that it plays before a click", () => {
    const detach = attach(PICTURE);
    expect(element.muted).toBe(true);
    detach();
    expect(element.muted).toBe(false);
  });

  it("goes on with a later stream when an earlier one is detached", () => {
    const detach = attach();
    attach(PICTURE);
    detach();
    expect(element.srcObject).toBe(PICTURE);
  });
});

describe("a browser that makes no sound before a click", () => {
  it("is asked again at every click until it plays, and the application is told once", async () => {
    element.refusals = 2;
    attach();
    await settled();
    expect(resumes).toHaveLength(1);
    clicked?.();
    await settled();
    expect([element.playing, clicked === null]).toEqual([0, false]);
    clicked?.();
    await settled();
    expect([element.playing, clicked, resumes.length]).toEqual([1, null, 1]);
  });

  it("plays when the application resumes in a click", async () => {
    element.refusals = 2;
    attach();
    await settled();
    await expect(resumes[0]?.()).rejects.toMatchObject({ errorCode: { name: "DEVICE_FORBIDDEN" } });
    await resumes[0]?.();
    expect([element.playing, clicked]).toEqual([1, null]);
  });

  it("is left alone after the end", async () => {
    element.refusals = 1;
    attach()();
    await settled();
    expect([resumes, clicked]).toEqual([[], null]);
    element.refusals = 1;
    const detach = attach();
    await settled();
    detach();
    expect([resumes.length, clicked]).toEqual([1, null]);
  });

  it("is not one whose element was given something else to play meanwhile", async () => {
    element.play = () => Promise.reject(new DOMException("", "AbortError"));
    attach();
    await settled();
    expect(resumes).toEqual([]);
  });
});

describe("the loudspeaker", () => {
  it("is that of all elements, those that are there and those that come", async () => {
    const first = element;
    attach();
    await playback.useOutput("headset");
    expect([first.output, playback.output()]).toEqual(["headset", "headset"]);
    element = new Element();
    attach();
    expect(element.output).toBe("headset");
    await playback.useOutput(null);
    expect([first.output, element.output, playback.output()]).toEqual(["", "", null]);
  });

  it("stays when there is no such one", async () => {
    attach();
    await playback.useOutput("headset");
    await expect(playback.useOutput("gone")).rejects.toMatchObject({ errorCode: { name: "DEVICE_NOT_FOUND" } });
    expect([element.output, playback.output()]).toEqual(["headset", "headset"]);
  });

  it("cannot be chosen in every browser", async () => {
    vi.stubGlobal("HTMLMediaElement", class {});
    await playback.useOutput(null);
    await expect(playback.useOutput("headset")).rejects.toMatchObject({ errorCode: { name: "FEATURE_UNAVAILABLE" } });
  });
});
