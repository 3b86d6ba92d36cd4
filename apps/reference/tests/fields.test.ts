import { describe, expect, it } from "vitest";
import type { Schema } from "../src/model/document";
import { type Field, fieldOf, fieldsOf, variantsOf } from "../src/model/fields";
import { documentWith } from "./documents";

const SCHEMAS: Readonly<Record<string, Schema>> = {
  Colour: { type: "string", enum: ["RED", "BLUE"], description: "Of the light." },
  Bell: {
    type: "object",
    required: ["name"],
    properties: {
      old: { type: "string", deprecated: true },
      name: { type: "string", minLength: 1, maxLength: 50, pattern: "^[a-z]+$", description: "For people." },
      weight: { anyOf: [{ type: "integer", minimum: 1 }, { type: "null" }], default: 20 },
      colour: { anyOf: [{ $ref: "#/components/schemas/Colour" }, { type: "null" }] },
      parts: { type: "array", items: { $ref: "#/components/schemas/Bell" }, maxItems: 3 },
      hung: { type: "string", format: "date-time" },
    },
  },
};
const document = documentWith(SCHEMAS);
const BELL: Schema = { $ref: "#/components/schemas/Bell" };

function field(name: string, of: Schema = BELL): Field {
  const found = fieldsOf(document, of).find((one) => one.name === name);
  if (found === undefined) throw new Error(`no field ${name}`);
  return found;
}

describe("a field", () => {
  it("says what it is, whether it is needed, and its limits", () => {
    expect(field("name")).toEqual({
      name: "name",
      type: { kind: "string", inner: null },
      required: true,
      deprecated: false,
      text: "For people.",
      rules: [
        { rule: "length", from: 1, to: 50 },
        { rule: "pattern", pattern: "^[a-z]+$" },
      ],
      fields: [],
      variants: [],
    });
  });

  it("that may be null is told as what it is otherwise, because null means absent", () => {
    const { type, rules, required } = field("weight");
    expect({ type, rules, required }).toEqual({
      type: { kind: "integer", inner: null },
      rules: [
        { rule: "range", from: 1, to: null },
        { rule: "default", value: "20" },
      ],
      required: false,
    });
  });

  it("that refers to an enumeration has its values and its description", () => {
    const { type, rules, text } = field("colour");
    expect(type.kind).toBe("string");
    expect(rules).toEqual([{ rule: "values", values: ["RED", "BLUE"] }]);
    expect(text).toBe("Of the light.");
  });

  it("that leads back to its own object ends there", () => {
    const parts = field("parts");
    expect(parts.type).toEqual({ kind: "list", inner: { kind: "object", inner: null } });
    expect(parts.rules).toEqual([{ rule: "again", name: "Bell" }]);
    expect(parts.fields).toEqual([]);
  });

  it("is a moment when its format says so", () => {
    expect(field("hung").type.kind).toBe("date-time");
  });

  it("that is deprecated comes last", () => {
    expect(fieldsOf(document, BELL).at(-1)?.name).toBe("old");
  });

  it.each([
    [
      { type: "integer", exclusiveMinimum: 0 },
      { from: 1, to: null },
    ],
    [
      { type: "number", exclusiveMinimum: 0, maximum: 9 },
      { from: 0, to: 9 },
    ],
    [
      { type: "integer", minimum: 2, exclusiveMaximum: 5 },
      { from: 2, to: 4 },
    ],
  ] as const)("with the limits %j has the range %j", (schema, range) => {
    expect(fieldOf(document, "it", schema, false).rules).toEqual([{ rule: "range", ...range }]);
  });

  it.each([
    [{ type: "object", additionalProperties: { type: "array", items: { type: "string" } } }, "map list string"],
    [{ type: "array", items: { type: "boolean" } }, "list boolean"],
    [{ type: "string", contentMediaType: "application/octet-stream" }, "binary"],
    [{ const: "RED" }, "string"],
    [{}, "anything"],
  ] as const)("with the schema %j is a %s", (schema, words) => {
    let type = fieldOf(document, "it", schema, false).type;
    const kinds: string[] = [type.kind];
    while (type.inner !== null) {
      type = type.inner;
      kinds.push(type.kind);
    }
    expect(kinds.join(" ")).toBe(words);
  });
});

describe("an object that may be one of several", () => {
  it("has the fields of each, under the value that chooses it", () => {
    const one = (kind: string, name: string): Schema => ({
      type: "object",
      properties: { type: { const: kind }, [name]: { type: "string" } },
    });
    const variants = variantsOf(document, { oneOf: [one("BELL", "tone"), one("CLOCK", "hands")] });
    expect(variants.map(({ name, fields }) => [name, fields.map((inner) => inner.name)])).toEqual([
      ["BELL", ["type", "tone"]],
      ["CLOCK", ["type", "hands"]],
    ]);
  });
});
