import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, it } from "vitest";
import schema from "../../../protocol/signaling/schema.json" with { type: "json" };
import { parseServerMessage, type Results, resultFits } from "../src/index.js";

interface Vector {
  name: string;
  direction: "to_server" | "from_server";
  message: unknown;
  field: string | null;
}

interface Said {
  session: string;
  direction: Vector["direction"];
  message: { type: string; id: number; result?: unknown };
}

interface Conversation {
  name: string;
  steps: (Said | { session: string; direction: "lost" } | { session: string; direction: "killed" })[];
}

const load = <T>(files: Record<string, T>): T[] => Object.values(files);
const valid = load(
  import.meta.glob<Vector>("../../../protocol/signaling/vectors/valid/*.json", { eager: true, import: "default" }),
);
const invalid = load(
  import.meta.glob<Vector>("../../../protocol/signaling/vectors/invalid/*.json", { eager: true, import: "default" }),
);
const conversations = load(
  import.meta.glob<Conversation>("../../../protocol/signaling/vectors/conversations/*.json", {
    eager: true,
    import: "default",
  }),
);

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, formats: { "date-time": true } });
ajv.addSchema(schema);
const fits = (direction: Vector["direction"], message: unknown): boolean => {
  const type = direction === "to_server" ? "ClientMessage" : "ServerMessage";
  return ajv.validate(`urn:ringback:signaling:1#/$defs/${type}`, message);
};

it("finds the vectors", () => {
  expect([valid.length, invalid.length, conversations.length].every((count) => count >= 3)).toBe(true);
});

it.each(valid)("accepts $name", ({ direction, message }) => {
  expect(fits(direction, message)).toBe(true);
  if (direction === "from_server") expect(parseServerMessage(JSON.stringify(message))).toEqual(message);
});

it.each(invalid)("refuses $name", ({ direction, message, field }) => {
  expect(fits(direction, message)).toBe(false);
  if (direction === "from_server") expect(parseServerMessage(JSON.stringify(message))).toMatchObject({ field });
});

it.each(conversations)("fits in every message of the conversation: $name", ({ steps }) => {
  const requests = new Map<string, string>();
  for (const step of steps) {
    if (step.direction === "lost" || step.direction === "killed") continue;
    const { session, direction, message } = step;
    expect(fits(direction, message), JSON.stringify(message)).toBe(true);
    if (direction === "to_server") requests.set(`${session} ${message.id}`, message.type);
    if (message.type !== "reply") continue;
    const request = requests.get(`${session} ${message.id}`);
    expect(request).toBeDefined();
    expect(resultFits(request as keyof Results, message.result)).toBe(true);
    expect(ajv.validate(`urn:ringback:signaling:1#/$defs/Results/properties/${request}`, message.result)).toBe(true);
  }
});

it("tells frames that are not JSON, not objects, and of an unknown type apart", () => {
  expect(parseServerMessage("{")).toEqual({ type: "unfit", problem: "NOT_JSON", field: "" });
  expect(parseServerMessage("[]")).toEqual({ type: "unfit", problem: "FIELD", field: "" });
  expect(parseServerMessage('{"type":7}')).toEqual({ type: "unfit", problem: "FIELD", field: "type" });
  expect(parseServerMessage('{"type":"call.flown"}')).toEqual({
    type: "unfit",
    problem: "UNKNOWN_TYPE",
    field: "type",
  });
  expect(parseServerMessage('{"type":"toString"}')).toMatchObject({ problem: "UNKNOWN_TYPE" });
});

it("checks a reply's result against its request", () => {
  expect(resultFits("call.start", {})).toBe(false);
  expect(resultFits("media.offer", { sdp: 1 })).toBe(false);
  expect(resultFits("ping", {})).toBe(true);
});
