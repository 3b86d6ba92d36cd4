import { describe, expect, it } from "vitest";
import type { Schema } from "../src/model/document";
import { Examples } from "../src/model/examples";
import { documentWith } from "./documents";

const SCHEMAS: Readonly<Record<string, Schema>> = {
  Tower: {
    type: "object",
    required: ["bells"],
    properties: {
      bells: { type: "array", items: { $ref: "#/components/schemas/Bell" } },
      name: { type: "string", examples: ["East"] },
      note: { type: "string" },
      burnt: { type: "string", deprecated: true, examples: ["x"] },
    },
  },
  Bell: {
    type: "object",
    properties: {
      id: { type: "string" },
      tower: { anyOf: [{ $ref: "#/components/schemas/Tower" }, { type: "null" }] },
      name: { type: "string" },
      tone: { enum: ["A", "B"] },
      weight: { type: "integer", minimum: 5 },
      loud: { type: "boolean", default: false },
      hung: { type: "string", format: "date-time" },
    },
  },
};
const examples = new Examples(documentWith(SCHEMAS));
const TOWER: Schema = { $ref: "#/components/schemas/Tower" };

describe("an example", () => {
  it("of an answer has every field, and no deprecated one", () => {
    expect(examples.of({ $ref: "#/components/schemas/Bell" })).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      tower: { bells: [{}], name: "East", note: "text" },
      name: "East", // as the field of this name is elsewhere
      tone: "A",
      weight: 5,
      loud: false,
      hung: "2026-01-31T12:00:00.000+0000",
    });
  });

  it("of what is sent has what is required, and what has an example of its own", () => {
    expect(Object.keys(examples.sent(TOWER) as object)).toEqual(["bells", "name"]);
  });

  it("of what is sent has all fields when none is required", () => {
    const sent = new Examples(documentWith({})).sent({ type: "object", properties: { a: { type: "boolean" } } });
    expect(sent).toEqual({ a: true });
  });

  it("of one of several is that of the first", () => {
    expect(examples.of({ oneOf: [{ type: "integer", minimum: 3 }, { type: "string" }] })).toBe(3);
  });

  it("of a map has one name", () => {
    expect(examples.of({ type: "object", additionalProperties: { type: "boolean" } })).toEqual({ name: true });
  });
});
