import { type Document, nameOf, plainOf, type Schema } from "./document";

/** One line of a list of fields. */
export interface Field {
  readonly name: string;
  readonly type: Type;
  readonly required: boolean;
  readonly deprecated: boolean;
  readonly text: string;
  readonly rules: readonly Rule[];
  readonly fields: readonly Field[];
  /** Where the object may be one of several. */
  readonly variants: readonly Variant[];
}

export interface Variant {
  readonly name: string;
  readonly fields: readonly Field[];
}

/** What a value is; "list" and "map" have an inner type. */
export interface Type {
  readonly kind: Kind;
  readonly inner: Type | null;
}

export type Kind =
  | "string"
  | "integer"
  | "number"
  | "boolean"
  | "object"
  | "list"
  | "map"
  | "date-time"
  | "binary"
  | "anything";

/** A limit that a value has to keep. */
export type Rule =
  | { readonly rule: "length" | "range" | "items"; readonly from: number | null; readonly to: number | null }
  | { readonly rule: "pattern"; readonly pattern: string }
  | { readonly rule: "values"; readonly values: readonly string[] }
  | { readonly rule: "default"; readonly value: string }
  | { readonly rule: "again"; readonly name: string };

/** The fields of an object's schema, those of inner objects within them. Lists are told by what is in them. */
export function fieldsOf(document: Document, schema: Schema, above: readonly string[] = []): readonly Field[] {
  const { names, inner } = unpacked(document, schema, above);
  const required = new Set(inner.required);
  return Object.entries(inner.properties ?? {})
    .map(([name, one]) => fieldOf(document, name, one, required.has(name), names))
    .sort((one, other) => Number(one.deprecated) - Number(other.deprecated));
}

/** What an object may be instead, where it may be one of several. */
export function variantsOf(document: Document, schema: Schema, above: readonly string[] = []): readonly Variant[] {
  const { names, inner } = unpacked(document, schema, above);
  return (inner.oneOf ?? [])
    .map((one) => ({ name: titleOf(document, one), fields: fieldsOf(document, one, names) }))
    .filter(({ fields }) => fields.length > 0);
}

/** A field or a parameter: whatever has a name and a schema. */
export function fieldOf(
  document: Document,
  name: string,
  schema: Schema,
  required: boolean,
  above: readonly string[] = [],
): Field {
  const plain = plainOf(document, schema);
  const again = deepReferenceOf(document, schema);
  const repeats = again !== null && above.includes(again);
  return {
    name,
    type: typeOf(document, plain),
    required,
    deprecated: plain.deprecated ?? false,
    text: plain.description ?? "",
    rules: repeats ? [{ rule: "again", name: again }] : rulesOf(document, plain),
    fields: repeats ? [] : fieldsOf(document, schema, above),
    variants: repeats ? [] : variantsOf(document, schema, above),
  };
}

export function typeOf(document: Document, schema: Schema): Type {
  const plain = plainOf(document, schema);
  const type = typeof plain.type === "string" ? plain.type : plain.type?.find((one) => one !== "null");
  const of = (kind: Kind, inner: Schema | null = null): Type => ({
    kind,
    inner: inner === null ? null : typeOf(document, inner),
  });
  if (type === "array") return of("list", plain.items ?? {});
  if (plain.properties !== undefined || plain.oneOf !== undefined) return of("object");
  if (type === "object") {
    return typeof plain.additionalProperties === "object" ? of("map", plain.additionalProperties) : of("object");
  }
  if (plain.format === "date-time") return of("date-time");
  if (plain.format === "binary" || plain.contentMediaType !== undefined) return of("binary");
  if (type === "string" || type === "integer" || type === "number" || type === "boolean") return of(type);
  return of(typeof (plain.enum?.[0] ?? plain.const) === "string" ? "string" : "anything");
}

function rulesOf(document: Document, schema: Schema): readonly Rule[] {
  const inner = schema.items === undefined ? schema : plainOf(document, schema.items);
  const values = inner.enum ?? (inner.const === undefined ? [] : [inner.const]);
  const rules: Rule[] = [];
  const span = (rule: "length" | "range" | "items", from: number | undefined, to: number | undefined): void => {
    if (from !== undefined || to !== undefined) rules.push({ rule, from: from ?? null, to: to ?? null });
  };
  if (values.length > 0) rules.push({ rule: "values", values: values.map(String) });
  span("items", schema.minItems, schema.maxItems);
  span("length", inner.minLength, inner.maxLength);
  span("range", lowest(inner), highest(inner));
  if (inner.pattern !== undefined) rules.push({ rule: "pattern", pattern: inner.pattern });
  if (schema.default !== undefined && schema.default !== null) {
    rules.push({ rule: "default", value: JSON.stringify(schema.default) });
  }
  return rules;
}

function lowest({ type, minimum, exclusiveMinimum }: Schema): number | undefined {
  return type === "integer" && exclusiveMinimum !== undefined ? exclusiveMinimum + 1 : (minimum ?? exclusiveMinimum);
}

function highest({ type, maximum, exclusiveMaximum }: Schema): number | undefined {
  return type === "integer" && exclusiveMaximum !== undefined ? exclusiveMaximum - 1 : (maximum ?? exclusiveMaximum);
}

/** Through lists and maps to what is in them, with the names of the schemas on the way. */
function unpacked(
  document: Document,
  schema: Schema,
  above: readonly string[],
): { readonly names: readonly string[]; readonly inner: Schema } {
  const name = referenceOf(schema);
  const names = name === null ? above : [...above, name];
  const plain = plainOf(document, schema);
  const content = plain.properties === undefined ? contentOf(plain) : null;
  return content === null ? { names, inner: plain } : unpacked(document, content, names);
}

/** The schema of what is in a list or a map. */
function contentOf({ items, additionalProperties }: Schema): Schema | null {
  return items ?? (typeof additionalProperties === "object" ? additionalProperties : null);
}

/** The name of the schema that this one, or its only alternative, refers to. */
function referenceOf(schema: Schema): string | null {
  if (schema.$ref !== undefined) return nameOf(schema.$ref);
  const alternatives = (schema.anyOf ?? schema.oneOf)?.filter((one) => one.type !== "null") ?? [];
  const [only] = alternatives;
  return alternatives.length === 1 && only !== undefined ? referenceOf(only) : null;
}

/** The same; of a list or a map, for what is in it. */
function deepReferenceOf(document: Document, schema: Schema): string | null {
  const content = contentOf(plainOf(document, schema));
  return content === null ? referenceOf(schema) : deepReferenceOf(document, content);
}

function titleOf(document: Document, schema: Schema): string {
  const { properties } = plainOf(document, schema);
  const constants = Object.values(properties ?? {}).flatMap((one) => {
    const { enum: values, const: value } = plainOf(document, one);
    return value ?? (values?.length === 1 ? values[0] : []);
  });
  return constants.length > 0 ? String(constants[0]) : nameOf(schema.$ref ?? "");
}
