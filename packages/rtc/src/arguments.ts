import { invalidArgument } from "./api/error-code.js";

/** The longest that any name of the platform's is, in characters. The platform says of each name what it allows. */
const LONGEST_NAME = 255;
/** The platform's limit of custom data, in bytes of JSON. */
const MOST_CUSTOM_DATA = 4_096;
/** Half of a pair: it has no UTF-8, and no message could carry it. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * A text that an application has given, where nothing else can be meant.
 *
 * @throws RtcError of `INVALID_REQUEST`
 */
export function textArgument(name: string, value: unknown): string {
  if (typeof value !== "string") throw invalidArgument(`${name} is to be a text, not ${typeOf(value)}.`);
  if (value === "") throw invalidArgument(`${name} is empty.`);
  if (LONE_SURROGATE.test(value)) throw invalidArgument(`${name} has half of a surrogate pair.`);
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
  customDataArgument((value as { customData?: unknown }).customData);
  return value;
}

function customDataArgument(value: unknown): void {
  if (value === undefined || value === null) return;
  if (typeof value !== "object") throw invalidArgument(`Custom data is to be an object, not ${typeOf(value)}.`);
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") throw invalidArgument(`Custom data "${key}" is to be a text, not ${typeOf(text)}.`);
    if (LONE_SURROGATE.test(key + text)) throw invalidArgument(`Custom data "${key}" has half of a surrogate pair.`);
  }
  const size = new TextEncoder().encode(JSON.stringify(value)).length;
  if (size > MOST_CUSTOM_DATA) {
    throw invalidArgument(`Custom data has at most ${MOST_CUSTOM_DATA} bytes as JSON, and this ${size}.`);
  }
}

function typeOf(value: unknown): string {
  return value === null ? "null" : typeof value;
}
