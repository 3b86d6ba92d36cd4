/** Reads what the platform sends: a frame becomes a message of a known type whose fields fit the schema, or it is unfit. */

import type { Results, ServerMessage } from "./generated.js";

/** A message that the platform sends unasked. */
export type ServerEvent = Extract<ServerMessage, { sequence: number }>;

/** One that is about a call. */
export type CallEvent = Extract<ServerEvent, { callId: string }>;

/** Why a frame is no server message. */
export interface UnfitMessage {
  type: "unfit";
  /** `UNKNOWN_TYPE` may be a newer platform's event; the others are mistakes of the platform. */
  problem: "NOT_JSON" | "UNKNOWN_TYPE" | "FIELD";
  /** The path of the first field that does not fit, list items by number; empty for the frame itself. */
  field: string;
}

/** The path of the first field that does not fit, or null when the value fits. */
type Check = (value: unknown, path: string) => string | null;

const test =
  (fits: (value: unknown) => boolean): Check =>
  (value, path) =>
    fits(value) ? null : path;

const integer = (minimum: number, maximum: number): Check =>
  test((value) => Number.isInteger(value) && (value as number) >= minimum && (value as number) <= maximum);

const string = (minimum = 0, maximum = Number.POSITIVE_INFINITY): Check =>
  test((value) => typeof value === "string" && value.length >= minimum && value.length <= maximum);

const nullable =
  (check: Check): Check =>
  (value, path) =>
    value === null ? null : check(value, path);

const boolean = test((value) => typeof value === "boolean");

const constant = (...values: readonly string[]): Check => test((value) => values.some((known) => known === value));

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const object =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value, path) => {
    if (!isObject(value)) return path;
    for (const [name, check] of Object.entries(fields)) {
      const misfit = check(value[name], path === "" ? name : `${path}.${name}`);
      if (misfit !== null) return misfit;
    }
    return null;
  };

const list =
  (item: Check): Check =>
  (value, path) => {
    if (!Array.isArray(value)) return path;
    for (const [index, element] of value.entries()) {
      const misfit = item(element, `${path}.${index}`);
      if (misfit !== null) return misfit;
    }
    return null;
  };

const number = integer(1, Number.MAX_SAFE_INTEGER);
const id = string(1, 64);
const roomName = string(1, 200);
const sdp = string(1);
const customData = test((value) => isObject(value) && Object.values(value).every((entry) => typeof entry === "string"));
const endpoint = object({ type: constant("WEBRTC"), identity: string(1, 128), displayName: nullable(string()) });
const participant = object({
  id,
  endpoint,
  state: constant("JOINING", "JOINED"),
  microphone: boolean,
  camera: boolean,
  screen: boolean,
});
const publication = nullable(integer(0, 0xffffffff));
const slots = list(
  object({
    index: integer(0, 0xffff),
    participantId: id,
    microphone: publication,
    camera: publication,
    screen: publication,
  }),
);
const participants = list(participant);
const slotIndex = integer(0, 0xffff);
const layerCount = integer(0, 0xff);
const videoSlots = test((value) => [4, 9, 16, 25, 49].some((known) => known === value));
const text = string(1, 8192);
const date = test((value) => typeof value === "string" && !Number.isNaN(Date.parse(value)));
const reason = object({ id: integer(10_000, 10_999), name: string(1), description: string() });

const event = (fields: Readonly<Record<string, Check>> = {}): Check =>
  object({ sequence: number, callId: id, ...fields });

const MESSAGES: Readonly<Record<ServerMessage["type"], Check>> = {
  reply: object({ id: number, result: test(isObject) }),
  error: object({ id: nullable(number), code: string(1), message: string(), field: nullable(string()) }),
  "session.restored": object({ sequence: number, calls: list(id) }),
  "call.incoming": event({ from: endpoint, camera: boolean, customData }),
  "call.ringing": event(),
  "call.established": event({ participants, slots, videoSlots }),
  "room.joined": event({ name: roomName, participants, slots, videoSlots }),
  "participant.joining": event({ participant }),
  "participant.joined": event({ participant }),
  "participant.updated": event({ participant }),
  "participant.left": event({ participantId: id }),
  "slots.changed": event({ slots, videoSlots }),
  "speakers.changed": event({ speakers: list(id) }),
  "absent.changed": event({ absent: list(id) }),
  "slots.paused": event({ slots: list(slotIndex) }),
  "layers.wanted": event({ camera: layerCount, screen: layerCount }),
  "screen.stopped": event({ reason: constant("ACTIVE_PRESENTER_CHANGED") }),
  "media.lost": event(),
  "text.received": event({ textId: id, text, from: endpoint, direct: boolean, date }),
  "text.delivered": event({ textId: id, delivered: boolean, date }),
  "text.broadcast": event({ text, date }),
  "call.ended": event({ reason }),
};

const done = object({});
const callCreated = object({ callId: id });

const RESULTS: Readonly<Record<keyof Results, Check>> = {
  hello: object({
    sessionId: id,
    identity: string(1, 128),
    displayName: nullable(string()),
    expiresAt: string(1),
    keepAliveSeconds: integer(1, 3600),
    resumeKey: string(1),
    resumeSeconds: integer(0, 86_400),
    resumed: boolean,
    iceServers: list(object({ urls: list(string()), username: string(), credential: string() })),
  }),
  ping: done,
  "call.start": callCreated,
  "call.accept": done,
  "call.decline": done,
  "call.hangUp": done,
  "room.join": callCreated,
  "room.leave": done,
  "media.offer": object({ sdp }),
  "media.update": done,
  "echo.start": callCreated,
  "slots.prefer": done,
  "text.send": object({ textId: id }),
  "text.confirm": done,
};

/** Reads one text frame. Fields that the protocol does not name stay in the message and mean nothing. */
export function parseServerMessage(text: string): ServerMessage | UnfitMessage {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { type: "unfit", problem: "NOT_JSON", field: "" };
  }
  if (!isObject(value)) return { type: "unfit", problem: "FIELD", field: "" };
  const { type } = value;
  if (typeof type !== "string") return { type: "unfit", problem: "FIELD", field: "type" };
  if (!Object.hasOwn(MESSAGES, type)) return { type: "unfit", problem: "UNKNOWN_TYPE", field: "type" };
  const misfit = MESSAGES[type as ServerMessage["type"]](value, "");
  return misfit === null ? (value as unknown as ServerMessage) : { type: "unfit", problem: "FIELD", field: misfit };
}

/** Whether a reply's result is what its request promises. */
export function resultFits<T extends keyof Results>(request: T, result: unknown): result is Results[T] {
  return RESULTS[request](result, "") === null;
}
