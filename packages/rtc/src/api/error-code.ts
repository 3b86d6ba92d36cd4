/** Why something ended or failed. */
export interface ErrorCode {
  /** The number of the cause as text, for example `"10000"`. */
  readonly id: string;
  /** The stable name of the cause, for example `"NORMAL_HANGUP"`. Decide by this. */
  readonly name: string;
  /** An English sentence for logs and developers. */
  readonly description: string;
}

/** What the promises of the SDK are rejected with; `errorCode` says why. */
export class RtcError extends Error {
  override readonly name = "RtcError";

  /** @param errorCode - why the promise is rejected */
  constructor(readonly errorCode: ErrorCode) {
    super(`${errorCode.name}: ${errorCode.description}`);
  }
}

const CAUSES = {
  NORMAL_HANGUP: ["10000", "The call was ended by one of its sides."],
  DEVICE_FORBIDDEN: ["10100", "The browser or its user does not allow the microphone, the camera or the screen."],
  DEVICE_NOT_FOUND: ["10101", "There is no such microphone or camera."],
  DEVICE_UNAVAILABLE: [
    "10102",
    "The microphone, the camera or the screen cannot be opened, perhaps because it is in use.",
  ],
  MEDIA_ERROR: ["10103", "The media connection could not be set up."],
  FORBIDDEN_DISPLAY_SURFACE: ["10104", "The application does not allow to share what was chosen."],
  CANCELLED: ["10202", "The call was cancelled before it was answered."],
  REJECTED: ["10203", "The call was declined."],
  FORBIDDEN: ["10300", "The platform refuses this."],
  UNAUTHENTICATED: ["10302", "The token is missing, unknown, expired or revoked."],
  DESTINATION_UNAVAILABLE: ["10304", "The destination cannot take the call."],
  INVALID_DESTINATION: ["10305", "The destination is not a valid one."],
  INVALID_REQUEST: ["10306", "The request is not valid in this state."],
  REQUEST_TIMEOUT: ["10307", "The platform did not answer in time."],
  NETWORK_ERROR: ["10308", "There is no connection to the platform."],
  SERVICE_UNAVAILABLE: ["10309", "The platform cannot do this now."],
  UNKNOWN: ["10310", "Something went wrong."],
  CONGESTION: ["10312", "There is too much load."],
} as const;

/** The names of the causes that the SDK itself states. The platform states more. */
export type LocalCause = keyof typeof CAUSES;

export function errorCode(name: LocalCause): ErrorCode {
  const [id, description] = CAUSES[name];
  return { id, name, description };
}
