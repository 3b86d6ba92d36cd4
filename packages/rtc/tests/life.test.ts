import { describe, expect, it } from "vitest";
import { CallStatus } from "../src/api/enums.js";
import { errorCode } from "../src/api/error-code.js";
import { duration, type Life, type LifeEvent, STEPS, step } from "../src/calls/life.js";

const T0 = new Date("2026-11-22T08:30:00Z");
const later = (seconds: number) => new Date(T0.getTime() + seconds * 1000);
const ENDED: LifeEvent = { kind: "ended", reason: errorCode("NORMAL_HANGUP") };

function live(...events: LifeEvent[]): Life | null {
  const born: Life = { status: CallStatus.INITIALIZED, startTime: T0 };
  return events.reduce<Life | null>((life, event, index) => life && step(life, event, later(index + 1)), born);
}

describe("a call's life", () => {
  it("ends from every state but its end, and only once", () => {
    for (const [status, steps] of Object.entries(STEPS)) {
      const expected = Number(status) === CallStatus.FINISHED ? undefined : CallStatus.FINISHED;
      expect(steps.ended, status).toBe(expected);
    }
    expect(live(ENDED, ENDED)).toBeNull();
  });

  it("keeps its times", () => {
    const life = live({ kind: "called" }, { kind: "rang" }, { kind: "established" }, ENDED);
    expect(life).toEqual({
      status: CallStatus.FINISHED,
      startTime: T0,
      establishTime: later(3),
      endTime: later(4),
      reason: errorCode("NORMAL_HANGUP"),
    });
  });

  it("is not established twice, and does not ring after it", () => {
    expect(live({ kind: "called" }, { kind: "established" }, { kind: "established" })).toBeNull();
    expect(live({ kind: "called" }, { kind: "established" }, { kind: "rang" })).toBeNull();
    expect(live({ kind: "cameIn" }, { kind: "connecting" }, { kind: "connecting" })).toBeNull();
  });

  it("lasts whole seconds from being established", () => {
    const calling = live({ kind: "called" });
    const established = live({ kind: "called" }, { kind: "established" });
    const missed = live({ kind: "called" }, ENDED);
    expect([calling, established, missed].map((life) => life && duration(life, later(9.9)))).toEqual([0, 7, 0]);
  });

  it("names its states both ways", () => {
    expect([CallStatus.ESTABLISHED, CallStatus[4]]).toEqual([4, "ESTABLISHED"]);
  });
});
