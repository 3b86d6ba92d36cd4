import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SilenceWatch } from "../src/media/silence.js";
import type { StatsEntry } from "../src/media/stats-entry.js";

let sent = 0;
let received = 0;
let silences = 0;
let entries: () => StatsEntry[];
let watch: SilenceWatch;

beforeEach(() => {
  vi.useFakeTimers();
  [sent, received, silences] = [0, 0, 0];
  entries = () => [{ type: "transport", id: "T", packetsSent: sent, packetsReceived: received }];
  watch = new SilenceWatch(
    async () => entries(),
    () => {
      silences += 1;
    },
  );
  watch.start();
});

afterEach(() => {
  watch.stop();
  vi.useRealTimers();
});

/** Time goes by; each tenth of a second this many packets go and come. */
async function pass(seconds: number, { up, down }: { up: number; down: number }): Promise<void> {
  for (let tenth = 0; tenth < seconds * 10; tenth++) {
    await vi.advanceTimersByTimeAsync(100);
    sent += up;
    received += down;
  }
}

describe("a connection in which nothing arrives any more", () => {
  it("is noticed within two seconds and a quarter, once", async () => {
    await pass(10, { up: 5, down: 2 });
    await pass(1.4, { up: 5, down: 0 });
    expect(silences).toBe(0);
    await pass(0.9, { up: 5, down: 0 });
    expect(silences).toBe(1);
    await pass(30, { up: 5, down: 0 });
    expect(silences).toBe(1);
  });

  it("is noticed again after it was heard", async () => {
    for (const times of [1, 2, 3]) {
      await pass(2, { up: 5, down: 1 });
      await pass(3, { up: 5, down: 0 });
      expect(silences).toBe(times);
    }
  });

  it("is nothing when this side sends nothing either, or when a packet comes now and then", async () => {
    await pass(2, { up: 5, down: 1 });
    await pass(30, { up: 0, down: 0 });
    for (let second = 0; second < 30; second++) {
      received += 1;
      await pass(1, { up: 5, down: 0 });
    }
    expect(silences).toBe(0);
  });

  it("is not looked for where the browser does not count, and after the end", async () => {
    const counted = entries;
    entries = () => [{ type: "transport", id: "T" }];
    await pass(5, { up: 5, down: 0 });
    entries = counted;
    await pass(1, { up: 5, down: 0 });
    watch.stop();
    await pass(5, { up: 5, down: 0 });
    expect(silences).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
