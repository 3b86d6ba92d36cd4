import type { RingbackRtc, TokenProvider } from "../api/client.js";
import { type DevicesChangedEvent, MediaDevice } from "../api/devices.js";
import { consoleLog, type Log } from "../log.js";
import { RtcClient } from "../rtc-client.js";
import { FakeMedia } from "./fake-media.js";
import { FakeServer } from "./fake-server.js";

/** What a test may want to have a hand in. */
export interface FakeRtcOptions {
  /** What the client proves its identity with; the fake platform takes any. */
  readonly token?: string | TokenProvider;
  /** Is shown the media of each call, before anything is done with it. */
  readonly prepareMedia?: (media: FakeMedia) => void;
  /** Hears what the SDK would say on the console. */
  readonly log?: Log;
}

/** A client in a world of fakes, and the strings that move this world. */
export interface FakeRtc {
  /** What the application is given. */
  readonly rtc: RingbackRtc;
  /** The platform that `rtc` speaks to. */
  readonly server: FakeServer;
  /** The media of all calls so far, the oldest first. */
  readonly medias: readonly FakeMedia[];
  /** The media of one call. Throws when there has not been one. */
  media(index?: number): FakeMedia;
  /** An element that is watched (`watchDisplay`) has another size from now on, in CSS pixels. */
  resize(element: Element, width: number, height: number): void;
  /** The device finds a network. */
  findNetwork(): void;
  /** These devices are there from now on; of kinds that are not named, the same as before. False when nobody listens. */
  plug(devices: Partial<DevicesChangedEvent>): boolean;
  /** The user clicks somewhere in the page. False when nobody listens. */
  click(): boolean;
}

/** Makes a client that opens no socket, no device and no connection. It waits with `setTimeout`, which tests may replace. */
export function createFakeRtc({
  token = "token",
  prepareMedia,
  log = consoleLog(false),
}: FakeRtcOptions = {}): FakeRtc {
  const server = new FakeServer();
  const medias: FakeMedia[] = [];
  const sizes = new Map<Element, (size: { width: number; height: number }) => void>();
  const clicks = new Set<() => void>();
  let networkFound = () => {};
  let devicesChanged: (() => void) | null = null;
  let devices: DevicesChangedEvent = {
    audioInputs: [new MediaDevice("a-microphone", "", "audioinput", "")],
    audioOutputs: [new MediaDevice("a-speaker", "", "audiooutput", "")],
    videoInputs: [new MediaDevice("a-camera", "", "videoinput", "")],
  };
  const rtc = new RtcClient(
    "wss://calls.example.com/rtc/v1",
    { token, client: { name: "ringback-rtc", version: "0.1.0" } },
    {
      openSocket: server.openSocket,
      watchNetwork: (found) => {
        networkFound = found;
        return () => {
          networkFound = () => {};
        };
      },
      observeSize: (element, tell) => {
        sizes.set(element, tell);
        return () => sizes.delete(element);
      },
      listDevices: async () => devices,
      watchDevices: (changed) => {
        devicesChanged = changed;
        return () => {
          devicesChanged = null;
        };
      },
      devicePermissions: async () => ({ microphone: "granted", camera: "prompt" }),
      watchClicks: (clicked) => {
        clicks.add(clicked);
        return () => clicks.delete(clicked);
      },
      createMedia: (...parts) => {
        const media = new FakeMedia(...parts);
        prepareMedia?.(media);
        medias.push(media);
        return media;
      },
      now: () => new Date(),
      random: () => 0.5,
      log,
    },
  );
  return {
    rtc,
    server,
    medias,
    media(index = 0) {
      const media = medias[index];
      if (media === undefined) throw new Error(`There has been no media ${index}`);
      return media;
    },
    resize: (element, width, height) => sizes.get(element)?.({ width, height }),
    findNetwork: () => networkFound(),
    plug(now) {
      devices = { ...devices, ...now };
      devicesChanged?.();
      return devicesChanged !== null;
    },
    click() {
      const listening = [...clicks];
      for (const clicked of listening) clicked();
      return listening.length > 0;
    },
  };
}
