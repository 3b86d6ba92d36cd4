/** What keeps the camera or the microphone from us. */
export type DeviceProblem = "DENIED" | "MISSING" | "BUSY" | "INSECURE" | "UNKNOWN";

export interface MediaProblem {
  readonly device: "camera" | "microphone";
  readonly problem: DeviceProblem;
}

// Browsers disagree on the names: the older ones are still thrown by some.
const PROBLEMS: Readonly<Record<string, DeviceProblem>> = {
  NotAllowedError: "DENIED",
  PermissionDeniedError: "DENIED",
  SecurityError: "DENIED",
  DEVICE_FORBIDDEN: "DENIED",
  NotFoundError: "MISSING",
  DevicesNotFoundError: "MISSING",
  OverconstrainedError: "MISSING",
  DEVICE_NOT_FOUND: "MISSING",
  NotReadableError: "BUSY",
  TrackStartError: "BUSY",
  AbortError: "BUSY",
  DEVICE_UNAVAILABLE: "BUSY",
};

/** The problem behind an error of `getUserMedia` or an error code of a call, told by its name. */
export function deviceProblem(name: string): DeviceProblem {
  return PROBLEMS[name] ?? "UNKNOWN";
}

export function isDeviceProblem(name: string): boolean {
  return name in PROBLEMS || name === "MEDIA_ERROR";
}

/** `name` of whatever was thrown. */
export function nameOf(error: unknown): string {
  return typeof error === "object" && error !== null && "name" in error ? String(error.name) : "";
}
