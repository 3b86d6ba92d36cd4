import { invalidArgument } from "./api/error-code.js";

/** The longest that any name of the platform's is, in characters. The platform says of each name what it allows. */
const LONGEST_NAME = 255;

/**
 * A text that an application has given, where nothing else can be meant.
 *
 * @throws RtcError of `INVALID_REQUEST`
 */
export function textArgument(name: string, value: unknown): string {
  if (typeof value !== "string") throw invalidArgument(`${name} is to be a text, not ${typeOf(value)}.`);
  if (value === "") throw invalidArgument(`${name} is empty.`);
  if (value.length > LONGEST_NAME) throw invalidArgument(`${name} is longer than ${LONGEST_NAME} characters.`);
  return value;
}

/**
 * Options that an application has given, or none.
 *
 * @throws RtcError of `INVALID_REQUEST`
 */
export function optionsArgument<Options extends object>(value: Options | null | undefined): Partial<Options> {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object") throw invalidArgument(`Options are to be an object, not ${typeOf(value)}.`);
  const flags = ["audio", "video", "dataChannel", "autoReconnect"] as const;
  for (const flag of flags) {
    const given: unknown = (value as Partial<Record<(typeof flags)[number], unknown>>)[flag];
    if (given !== undefined && typeof given !== "boolean") {
      throw invalidArgument(`The option ${flag} is to be true or false, not ${typeOf(given)}.`);
    }
  }
  return value;
}

function typeOf(value: unknown): string {
  return value === null ? "null" : typeof value;
}
