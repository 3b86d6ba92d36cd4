import type { EchoTestStats } from "@ringback/rtc";

export type Grade = "good" | "fair" | "bad";

/** What one step of the test found; `code` chooses the words and stands in the report. */
export interface Finding {
  readonly step: Step;
  readonly grade: Grade;
  readonly code: FindingCode;
}

export const STEPS = ["signaling", "devices", "path", "echo"] as const;
export type Step = (typeof STEPS)[number];

export type FindingCode =
  | "CONNECTED"
  | "NO_TOKEN"
  | "NO_SIGNALING"
  | "DEVICES_READY"
  | "NO_CAMERA"
  | "NO_MICROPHONE"
  | "UDP"
  | "TCP"
  | "NO_PATH"
  | "ECHO_CLEAR"
  | "SLOW"
  | "LOSSY"
  | "SILENT"
  | "NO_SOUND"
  | "NO_PICTURE";

/** The figures of the echo that a person and a report are told. */
export interface Figures {
  readonly roundTripMilliseconds: number | null;
  /** Of the sound packets that the platform sent back. */
  readonly lossPercent: number;
  readonly framesDecoded: number;
  /** The loudest the microphone was, from 0 to 1; null where the browser does not tell. */
  readonly loudest: number | null;
}

const SLOW = 300; // ms of round trip: beyond it people begin to talk over each other
const LOSSY = 3; // percent: beyond it words suffer
const SILENCE = 0.001; // of full scale, −60 dB: even a quiet room is louder

export function figuresOf(stats: EchoTestStats, loudest: number | null): Figures {
  const { packetsReceived, packetsLost } = stats.audio;
  const sent = packetsReceived + packetsLost;
  return {
    roundTripMilliseconds: stats.path?.roundTripTime ?? null,
    lossPercent: sent === 0 ? 0 : (100 * packetsLost) / sent,
    framesDecoded: stats.video.framesDecoded,
    loudest,
  };
}

/** How the packets travel. */
export function judgePath(stats: EchoTestStats): Finding {
  if (stats.path === null) return { step: "path", grade: "bad", code: "NO_PATH" };
  const tcp = stats.path.protocol === "tcp";
  return { step: "path", grade: tcp ? "fair" : "good", code: tcp ? "TCP" : "UDP" };
}

/** How sound and picture came back; the worst is told first. */
export function judgeEcho(stats: EchoTestStats, figures: Figures, camera: boolean): Finding {
  const found = (grade: Grade, code: FindingCode): Finding => ({ step: "echo", grade, code });
  if (stats.audio.packetsReceived === 0) return found("bad", "NO_SOUND");
  if (camera && figures.framesDecoded === 0) return found("bad", "NO_PICTURE");
  if (figures.lossPercent > LOSSY) return found("fair", "LOSSY");
  if ((figures.roundTripMilliseconds ?? 0) > SLOW) return found("fair", "SLOW");
  if (figures.loudest !== null && figures.loudest < SILENCE) return found("fair", "SILENT");
  return found("good", "ECHO_CLEAR");
}

const WORSE: readonly Grade[] = ["good", "fair", "bad"];

/** A call is as good as the worst part of it. */
export function verdictOf(findings: readonly Finding[]): Grade {
  return WORSE[Math.max(0, ...findings.map(({ grade }) => WORSE.indexOf(grade)))] ?? "bad";
}

/** Text for whoever helps: without names, tokens and addresses. */
export function reportOf(findings: readonly Finding[], figures: Figures | null, when: Date, browser: string): string {
  const lines = [
    "Ringback connection test",
    when.toISOString(),
    browser,
    `verdict: ${verdictOf(findings)}`,
    ...findings.map(({ step, grade, code }) => `${step}: ${grade} ${code}`),
  ];
  if (figures !== null) {
    const { roundTripMilliseconds: trip, lossPercent, framesDecoded } = figures;
    lines.push(
      `round trip: ${trip === null ? "unknown" : `${Math.round(trip)} ms`}`,
      `loss: ${lossPercent.toFixed(1)} %`,
      `pictures: ${framesDecoded}`,
    );
  }
  return lines.join("\n");
}
