/** The parts of an OpenAPI 3.1 document that this page reads, as they are written there. */

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: boolean | Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly deprecated?: boolean;
  readonly contentMediaType?: string;
}

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly deprecated?: boolean;
  readonly schema: Schema;
}

export interface Media {
  readonly schema?: Schema;
  readonly example?: unknown;
}

export interface Answer {
  readonly $ref?: string;
  readonly description?: string;
  readonly content?: Readonly<Record<string, Media>>;
}

export interface Described {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly deprecated?: boolean;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, Answer>>;
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly "x-scopes"?: readonly string[];
  readonly "x-rate-limit"?: string;
}

export interface SecurityScheme {
  readonly type: string;
  readonly description?: string;
}

export interface Document {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly tags: readonly { readonly name: string; readonly "x-displayName"?: string; readonly description?: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: {
    readonly schemas?: Readonly<Record<string, Schema>>;
    readonly responses?: Readonly<Record<string, Answer>>;
    readonly securitySchemes?: Readonly<Record<string, SecurityScheme>>;
  };
}

/** The last word of a reference: the name of what it points to. */
export function nameOf(reference: string): string {
  return reference.slice(reference.lastIndexOf("/") + 1);
}

/** The schema itself, where there was a reference to it; what stands beside the reference wins. */
export function schemaOf(document: Document, schema: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const { $ref, ...beside } = schema;
  const found = document.components.schemas?.[nameOf($ref)];
  return found === undefined ? beside : schemaOf(document, { ...found, ...beside });
}

/** The answer itself, where there was a reference to it. */
export function answerOf(document: Document, answer: Answer): Answer {
  return answer.$ref === undefined ? answer : (document.components.responses?.[nameOf(answer.$ref)] ?? answer);
}

/** The schema without the alternative of null, which means absent; and without lists of a single alternative. */
export function plainOf(document: Document, schema: Schema): Schema {
  const { anyOf, oneOf, allOf, ...rest } = schemaOf(document, schema);
  const alternatives = (anyOf ?? oneOf)?.filter((one) => one.type !== "null");
  if (alternatives?.length === 1 && alternatives[0] !== undefined) {
    return { ...plainOf(document, alternatives[0]), ...rest };
  }
  if (alternatives !== undefined) return { ...rest, oneOf: alternatives };
  if (allOf === undefined) return rest;
  const parts = [...allOf.map((one) => plainOf(document, one)), rest];
  return {
    ...Object.assign({}, ...parts),
    properties: Object.assign({}, ...parts.map((part) => part.properties)),
    required: parts.flatMap((part) => part.required ?? []),
  };
}
