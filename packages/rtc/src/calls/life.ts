import { CallStatus } from "../api/enums.js";
import type { ErrorCode } from "../api/error-code.js";

/** What happens to a call in its life. */
export type LifeEvent =
  | { readonly kind: "called" | "cameIn" | "rang" | "connecting" | "established" }
  | { readonly kind: "ended"; readonly reason: ErrorCode };

type Step = LifeEvent["kind"];

/** Where a call stands, with what is known there. */
export type Life =
  | {
      readonly status: CallStatus.INITIALIZED | CallStatus.CALLING | CallStatus.RINGING | CallStatus.CONNECTING;
      readonly startTime: Date;
    }
  | { readonly status: CallStatus.ESTABLISHED; readonly startTime: Date; readonly establishTime: Date }
  | {
      readonly status: CallStatus.FINISHED;
      readonly startTime: Date;
      readonly establishTime: Date | null;
      readonly endTime: Date;
      readonly reason: ErrorCode;
    };

/** The legal steps. What is not named here is late or out of order, and changes nothing. */
export const STEPS: Readonly<Record<CallStatus, Readonly<Partial<Record<Step, CallStatus>>>>> = {
  [CallStatus.INITIALIZED]: {
    called: CallStatus.CALLING,
    cameIn: CallStatus.RINGING,
    connecting: CallStatus.CONNECTING,
    ended: CallStatus.FINISHED,
  },
  [CallStatus.CALLING]: {
    rang: CallStatus.RINGING,
    established: CallStatus.ESTABLISHED,
    ended: CallStatus.FINISHED,
  },
  [CallStatus.RINGING]: {
    connecting: CallStatus.CONNECTING,
    established: CallStatus.ESTABLISHED,
    ended: CallStatus.FINISHED,
  },
  [CallStatus.CONNECTING]: { established: CallStatus.ESTABLISHED, ended: CallStatus.FINISHED },
  [CallStatus.ESTABLISHED]: { ended: CallStatus.FINISHED },
  [CallStatus.FINISHED]: {},
};

/** The life after an event, or null when the event is not legal now. */
export function step(life: Life, event: LifeEvent, now: Date): Life | null {
  const status = STEPS[life.status][event.kind];
  const { startTime } = life;
  switch (status) {
    case undefined:
      return null;
    case CallStatus.ESTABLISHED:
      return { status, startTime, establishTime: now };
    case CallStatus.FINISHED:
      return event.kind === "ended"
        ? { status, startTime, establishTime: establishTime(life), endTime: now, reason: event.reason }
        : null;
    default:
      return { status, startTime };
  }
}

export function establishTime(life: Life): Date | null {
  return "establishTime" in life ? life.establishTime : null;
}

export function endTime(life: Life): Date | null {
  return life.status === CallStatus.FINISHED ? life.endTime : null;
}

/** Whole seconds from being established to the end, or to now. */
export function duration(life: Life, now: Date): number {
  const from = establishTime(life);
  if (from === null) return 0;
  return Math.floor(((endTime(life) ?? now).getTime() - from.getTime()) / 1000);
}
