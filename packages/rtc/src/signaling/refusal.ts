import type { Error as ErrorMessage } from "@ringback/protocol";
import { type ErrorCode, type ErrorName, errorCode, RtcError } from "../api/error-code.js";

const CAUSES: Readonly<Record<string, ErrorName>> = {
  INVALID_MESSAGE: "INVALID_REQUEST",
  UNAUTHENTICATED: "UNAUTHENTICATED",
  MESSAGE_TOO_LARGE: "INVALID_REQUEST",
  TOO_MANY_MESSAGES: "CONGESTION",
  CALL_NOT_FOUND: "INVALID_REQUEST",
  INVALID_STATE: "INVALID_REQUEST",
  OFFER_INVALID: "MEDIA_ERROR",
  OFFER_TOO_LARGE: "MEDIA_ERROR",
  ROOM_FULL: "DESTINATION_UNAVAILABLE",
  SERVICE_UNAVAILABLE: "SERVICE_UNAVAILABLE",
};

/** The public cause of a refusal, with the platform's own words. */
export function causeOfRefusal({ code, message, field }: ErrorMessage): ErrorCode {
  const invalidDestination = code === "INVALID_MESSAGE" && field?.split(".")[0] === "destination";
  const cause = invalidDestination ? "INVALID_DESTINATION" : (CAUSES[code] ?? "UNKNOWN");
  return { ...errorCode(cause), description: message };
}

/** The platform answered a request with an error. */
export class RequestRefused extends RtcError {
  /** True when the request came too late for its call: the platform's `call.ended` is on its way or has come. */
  readonly tooLate: boolean;

  constructor(message: ErrorMessage) {
    super(causeOfRefusal(message));
    this.tooLate = message.code === "CALL_NOT_FOUND" || message.code === "INVALID_STATE";
  }
}

/** The cause to show for anything that was thrown. */
export function causeOf(error: unknown): ErrorCode {
  return error instanceof RtcError ? error.errorCode : errorCode("UNKNOWN");
}
