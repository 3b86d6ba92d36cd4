import { batch, computed, signal } from "@preact/signals";
import type { createRingbackRtc, EchoTest, EchoTestStats, RingbackRtc } from "@ringback/rtc";
import { type Devices, Preview } from "../../../showcase/src/model/preview";
import type { MediaProblem } from "../../../showcase/src/model/problems";
import { requestToken } from "../../../showcase/src/model/tokens";
import {
  type Figures,
  type Finding,
  figuresOf,
  judgeEcho,
  judgePath,
  reportOf,
  STEPS,
  type Step,
  verdictOf,
} from "./findings";

export interface World {
  readonly createRtc: typeof createRingbackRtc;
  readonly fetch: typeof fetch;
  readonly devices: Devices;
  /** A token of an application's own, for installations without the demo. */
  readonly token: string | null;
  readonly now: () => Date;
  readonly browser: string;
  /** Fulfilled after so many milliseconds. */
  readonly pause: (milliseconds: number) => Promise<void>;
  /** Letters and digits that nobody else has. */
  readonly randomName: () => string;
}

/** The echo as it comes back. */
export interface Echo {
  readonly sound: MediaStream;
  readonly picture: MediaStream | null;
}

const LOOKS = 12; // at the echo
const BETWEEN_LOOKS = 500; // milliseconds
const PATIENCE = 15_000; // milliseconds for the media to find its way: ICE gives up later than people do

/** From the first message to the verdict. */
export class ConnectionTest {
  readonly running = signal<Step | null>(null);
  readonly findings = signal<readonly Finding[]>([]);
  readonly figures = signal<Figures | null>(null);
  readonly echo = signal<Echo | null>(null);
  readonly problems = signal<readonly MediaProblem[]>([]);
  readonly finishedAt = signal<Date | null>(null);
  readonly verdict = computed(() => (this.finishedAt.value === null ? null : verdictOf(this.findings.value)));
  readonly report = computed(() => {
    const when = this.finishedAt.value;
    return when === null ? "" : reportOf(this.findings.value, this.figures.value, when, this.world.browser);
  });

  constructor(private readonly world: World) {}

  async run(): Promise<void> {
    if (this.running.value !== null) return;
    batch(() => {
      this.findings.value = [];
      this.problems.value = [];
      this.figures.value = null;
      this.finishedAt.value = null;
      this.running.value = STEPS[0];
    });
    const rtc = await this.connect();
    if (rtc !== null) {
      const camera = await this.tryDevices();
      if (camera !== null) await this.listen(rtc, camera);
      rtc.disconnect();
    }
    batch(() => {
      this.running.value = null;
      this.echo.value = null;
      this.finishedAt.value = this.world.now();
    });
  }

  private async connect(): Promise<RingbackRtc | null> {
    const token = this.world.token ?? (await this.demoToken());
    if (token === null) return this.found({ step: "signaling", grade: "bad", code: "NO_TOKEN" }, null);
    const rtc = this.world.createRtc(token);
    try {
      await rtc.connect();
    } catch {
      return this.found({ step: "signaling", grade: "bad", code: "NO_SIGNALING" }, null);
    }
    return this.found({ step: "signaling", grade: "good", code: "CONNECTED" }, rtc);
  }

  private async demoToken(): Promise<string | null> {
    const name = `test-${this.world.randomName()}`;
    const result = await requestToken(this.world.fetch, { name, identity: name, displayName: null });
    return "token" in result ? result.token : null;
  }

  /** Whether there is a camera; null without a microphone, for then there is nothing to send. */
  private async tryDevices(): Promise<boolean | null> {
    this.running.value = "devices";
    const preview = new Preview(this.world.devices);
    await preview.start();
    preview.stop(); // the echo opens them itself
    this.problems.value = preview.problems.value;
    if (preview.problems.value.some(({ device }) => device === "microphone")) {
      return this.found({ step: "devices", grade: "bad", code: "NO_MICROPHONE" }, null);
    }
    const camera = preview.cameraUsable();
    const code = camera ? "DEVICES_READY" : "NO_CAMERA";
    return this.found({ step: "devices", grade: camera ? "good" : "fair", code }, camera);
  }

  private async listen(rtc: RingbackRtc, camera: boolean): Promise<void> {
    this.running.value = "path";
    const test = rtc.startEchoTest({ audio: true, video: camera });
    if (await this.connected(test)) {
      this.found(judgePath(await this.measure(test)), null);
      this.running.value = "echo";
      const stats = await this.watch(test);
      const figures = this.figures.value ?? figuresOf(stats, null);
      this.found(judgeEcho(stats, figures, camera), null);
    } else {
      this.found({ step: "path", grade: "bad", code: "NO_PATH" }, null);
    }
    test.stop();
  }

  private connected(test: EchoTest): Promise<boolean> {
    return new Promise((resolve) => {
      test.on("connected", ({ stream, video }) => {
        this.echo.value = { sound: stream, picture: video };
        resolve(true);
      });
      test.on("ended", () => resolve(false));
      void this.world.pause(PATIENCE).then(() => resolve(false));
    });
  }

  /** The way is known a moment after it is open. */
  private async measure(test: EchoTest): Promise<EchoTestStats> {
    await this.world.pause(BETWEEN_LOOKS);
    return test.stats();
  }

  private async watch(test: EchoTest): Promise<EchoTestStats> {
    let loudest: number | null = null;
    let stats = await test.stats();
    for (let look = 0; look < LOOKS; look += 1) {
      stats = await this.measure(test);
      const { levelSent } = stats.audio;
      if (levelSent !== null) loudest = Math.max(loudest ?? 0, levelSent);
      this.figures.value = figuresOf(stats, loudest);
    }
    return stats;
  }

  private found<Result>(finding: Finding, result: Result): Result {
    this.findings.value = [...this.findings.value, finding];
    return result;
  }
}
