import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FlowWatch } from "../src/media/packet-flow.js";
import type { StatsEntry } from "../src/media/stats-entry.js";

let sent = 0;
let received = 0;
let answers = 0;
let silences = 0;
let flows = 0;
let entries: () => StatsEntry[];
let watch: FlowWatch;

beforeEach(() => {
  vi.useFakeTimers();
  [sent, received, answers, silences, flows] = [0, 0, 0, 0, 0];
  entries = () => [
    { type: "transport", id: "T", packetsSent: sent, packetsReceived: received, selectedCandidatePairId: "P" },
    { type: "candidate-pair", id: "P", responsesReceived: answers },
  ];
  watch = new FlowWatch(async () => entries(), {
    silent: () => {
      silences += 1;
    },
    flows: () => {
      flows += 1;
    },
  });
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

/** How often it is told that packets arrive, during this. */
async function flowsDuring(during: Promise<void>): Promise<number> {
  const before = flows;
  await during;
  return flows - before;
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

  it("may take a second and a half until something arrives for the first time", async () => {
    await pass(1.2, { up: 5, down: 0 });
    await pass(2, { up: 5, down: 1 });
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

describe("a connection in which packets arrive", () => {
  it("is told a quarter of a second after they do, and again and again", async () => {
    await pass(2, { up: 5, down: 1 });
    await pass(5, { up: 5, down: 0 });
    expect(await flowsDuring(pass(5, { up: 5, down: 0 }))).toBe(0);
    expect(await flowsDuring(pass(0.5, { up: 5, down: 1 }))).toBe(1);
    expect(await flowsDuring(pass(3, { up: 5, down: 1 }))).toBe(4);
  });

  it("is told of what has come since it was connected again, and not of what came before", async () => {
    await pass(2, { up: 5, down: 1 });
    received += 7;
    watch.start();
    expect(await flowsDuring(pass(1, { up: 5, down: 0 }))).toBe(0);
    expect(await flowsDuring(pass(0.4, { up: 5, down: 1 }))).toBe(1);
  });

  it("is believed by the answers to its checks only while this side sends nothing", async () => {
    answers += 1;
    expect(await flowsDuring(pass(1, { up: 5, down: 0 }))).toBe(0);
    await pass(1, { up: 0, down: 0 });
    answers += 1;
    expect(await flowsDuring(pass(1, { up: 0, down: 0 }))).toBe(1);
  });

  it("is found by the bytes of its path where the browser counts no packets of the connection", async () => {
    entries = () => [
      { type: "candidate-pair", id: "O", bytesSent: 5, bytesReceived: 5 },
      { type: "candidate-pair", id: "P", bytesSent: sent, bytesReceived: received },
      { type: "transport", id: "T", selectedCandidatePairId: "P" },
    ];
    expect(await flowsDuring(pass(2, { up: 500, down: 100 }))).toBeGreaterThan(0);
    expect(await flowsDuring(pass(3, { up: 500, down: 0 }))).toBe(1);
    expect(silences).toBe(1);
  });

  it("is believed where the browser does not count, and not while it does not answer", async () => {
    entries = () => [];
    expect(await flowsDuring(pass(5, { up: 5, down: 1 }))).toBe(0);
    entries = () => [{ type: "transport", id: "T" }];
    expect(await flowsDuring(pass(1, { up: 5, down: 1 }))).toBeGreaterThan(0);
  });
});
