/** Why something ended or failed. */
export interface ErrorCode {
  /** The number of the cause as text, for example `"10000"`. */
  readonly id: string;
  /** The stable name of the cause, for example `"NORMAL_HANGUP"`. Decide by this. */
  readonly name: string;
  /** An English sentence for logs and developers. */
  readonly description: string;
  /** What helps, in an English sentence; empty when there is nothing to mend. */
  readonly remedy: string;
}

/** What the promises of the SDK are rejected with, and what it throws; `errorCode` says why, `cause` is what the browser said. */
export class RtcError extends Error {
  override readonly name = "RtcError";

  /**
   * @param errorCode - why
   * @param cause - the error that led to this one, if there is one
   */
  constructor(
    readonly errorCode: ErrorCode,
    cause?: unknown,
  ) {
    super(`${errorCode.name}: ${errorCode.description}`, cause === undefined ? undefined : { cause });
  }
}

/** The names of all causes that this release knows. The platform may state more. */
export const ErrorName = {
  NORMAL_HANGUP: "NORMAL_HANGUP",
  ANSWERED_ELSEWHERE: "ANSWERED_ELSEWHERE",
  MACHINE_DETECTED: "MACHINE_DETECTED",
  HUMAN_DETECTED: "HUMAN_DETECTED",
  MAX_DURATION_REACHED: "MAX_DURATION_REACHED",
  DEVICE_FORBIDDEN: "DEVICE_FORBIDDEN",
  DEVICE_NOT_FOUND: "DEVICE_NOT_FOUND",
  DEVICE_UNAVAILABLE: "DEVICE_UNAVAILABLE",
  MEDIA_ERROR: "MEDIA_ERROR",
  FORBIDDEN_DISPLAY_SURFACE: "FORBIDDEN_DISPLAY_SURFACE",
  SCREEN_SHARING_CONTROL_UNSUPPORTED: "SCREEN_SHARING_CONTROL_UNSUPPORTED",
  NO_ANSWER: "NO_ANSWER",
  BUSY: "BUSY",
  CANCELLED: "CANCELLED",
  REJECTED: "REJECTED",
  TEMPORARILY_UNAVAILABLE: "TEMPORARILY_UNAVAILABLE",
  FORBIDDEN: "FORBIDDEN",
  INSUFFICIENT_FUNDS: "INSUFFICIENT_FUNDS",
  UNAUTHENTICATED: "UNAUTHENTICATED",
  DESTINATION_NOT_FOUND: "DESTINATION_NOT_FOUND",
  DESTINATION_UNAVAILABLE: "DESTINATION_UNAVAILABLE",
  INVALID_DESTINATION: "INVALID_DESTINATION",
  INVALID_REQUEST: "INVALID_REQUEST",
  REQUEST_TIMEOUT: "REQUEST_TIMEOUT",
  NETWORK_ERROR: "NETWORK_ERROR",
  SERVICE_UNAVAILABLE: "SERVICE_UNAVAILABLE",
  UNKNOWN: "UNKNOWN",
  FEATURE_UNAVAILABLE: "FEATURE_UNAVAILABLE",
  CONGESTION: "CONGESTION",
  UNAUTHORIZED: "UNAUTHORIZED",
  URL_NOT_FOUND: "URL_NOT_FOUND",
  URL_UNREACHABLE: "URL_UNREACHABLE",
  INVALID_RESPONSE: "INVALID_RESPONSE",
} as const;
export type ErrorName = (typeof ErrorName)[keyof typeof ErrorName];

/** By the name of a cause: its number, what it means, and what helps. */
const CAUSES: Readonly<Record<ErrorName, readonly [id: string, description: string, remedy: string]>> = {
  NORMAL_HANGUP: ["10000", "The call was ended by one of its sides.", ""],
  ANSWERED_ELSEWHERE: ["10001", "Another device of the user has answered.", ""],
  MACHINE_DETECTED: ["10002", "A machine has answered.", ""],
  HUMAN_DETECTED: ["10003", "A human has answered.", ""],
  MAX_DURATION_REACHED: ["10004", "The call has lasted as long as it may.", ""],
  DEVICE_FORBIDDEN: [
    "10100",
    "The browser or its user does not allow the microphone, the camera or the screen.",
    "Let the user allow it in the browser's site settings, and serve the page over HTTPS.",
  ],
  DEVICE_NOT_FOUND: [
    "10101",
    "There is no such microphone or camera.",
    "Let the user plug one in, or choose from the list of devices.",
  ],
  DEVICE_UNAVAILABLE: [
    "10102",
    "The microphone, the camera or the screen cannot be opened, perhaps because it is in use.",
    "Let the user close other programs that use it, and try again.",
  ],
  MEDIA_ERROR: [
    "10103",
    "The media connection could not be set up.",
    "See the platform's connection test, and the SDK's log with the option debug.",
  ],
  FORBIDDEN_DISPLAY_SURFACE: [
    "10104",
    "The application does not allow to share what was chosen.",
    "Tell the user what may be shared, and ask again.",
  ],
  SCREEN_SHARING_CONTROL_UNSUPPORTED: [
    "10105",
    "The browser does not say what was chosen, so the application cannot restrict it.",
    "Share without allowedDisplayOptions, or in another browser.",
  ],
  NO_ANSWER: ["10200", "Nobody answered.", "Try again later."],
  BUSY: ["10201", "The other side is busy.", "Try again later."],
  CANCELLED: ["10202", "The call was cancelled before it was answered.", ""],
  REJECTED: ["10203", "The call was declined.", ""],
  TEMPORARILY_UNAVAILABLE: ["10204", "The other side cannot be reached now.", "Try again later."],
  FORBIDDEN: ["10300", "The platform refuses this.", "See what the token allows."],
  INSUFFICIENT_FUNDS: ["10301", "The account has no credit left.", "Top up the account."],
  UNAUTHENTICATED: [
    "10302",
    "The token is missing, unknown, expired or revoked.",
    "Get a new token; given a function that fetches one, the SDK does it by itself.",
  ],
  DESTINATION_NOT_FOUND: ["10303", "There is no such destination.", "See how the destination is spelt."],
  DESTINATION_UNAVAILABLE: ["10304", "The destination cannot take the call.", "Try again later."],
  INVALID_DESTINATION: ["10305", "The destination is not a valid one.", "See how the destination is spelt."],
  INVALID_REQUEST: [
    "10306",
    "The request is not valid in this state.",
    "See the state of the call, and the arguments.",
  ],
  REQUEST_TIMEOUT: ["10307", "The platform did not answer in time.", "Try again."],
  NETWORK_ERROR: ["10308", "There is no connection to the platform.", "See the network, and the option url."],
  SERVICE_UNAVAILABLE: ["10309", "The platform cannot do this now.", "Try again in a moment."],
  UNKNOWN: ["10310", "Something went wrong.", "See the SDK's log with the option debug."],
  FEATURE_UNAVAILABLE: [
    "10311",
    "This browser or this platform does not have this.",
    "See what the platform offers, and whether another browser does.",
  ],
  CONGESTION: ["10312", "There is too much load.", "Ask less often."],
  UNAUTHORIZED: ["10313", "The called side does not accept the call.", ""],
  URL_NOT_FOUND: ["10400", "The application's URL does not exist.", "See the application's configuration."],
  URL_UNREACHABLE: ["10401", "The application's URL cannot be reached.", "See the application's configuration."],
  INVALID_RESPONSE: ["10402", "The application answered with what cannot be used.", "See the application."],
};

export function errorCode(name: ErrorName): ErrorCode {
  const [id, description, remedy] = CAUSES[name];
  return { id, name, description, remedy };
}

/** The same in the platform's own words. */
export function statedErrorCode({
  id,
  name,
  description,
}: {
  id: number;
  name: string;
  description: string;
}): ErrorCode {
  const remedy = Object.hasOwn(CAUSES, name) ? CAUSES[name as ErrorName][2] : "";
  return { id: String(id), name, description, remedy };
}

/** An argument that cannot be meant: thrown where the application has given it. */
export function invalidArgument(why: string): RtcError {
  return new RtcError({ ...errorCode("INVALID_REQUEST"), description: why });
}
