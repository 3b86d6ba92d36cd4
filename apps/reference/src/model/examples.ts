import { type Document, nameOf, plainOf, type Schema } from "./document";

const ANY_ID = "3fa85f64-5717-4562-b3fc-2c963f66afa6";

/** How curl is told to send a file of this name. */
const FILE = "@file";

const BY_FORMAT: Readonly<Record<string, unknown>> = {
  "date-time": "2026-01-31T12:00:00.000+0000",
  uuid: ANY_ID,
  uri: "https://example.com",
  email: "anna@example.com",
};

const IS_ID = /^id$|Id$/; // what the platform chooses, where there is no example of what an application may choose

/** Makes values that schemas allow. */
export class Examples {
  /** What fields of these names are elsewhere in the document, for those that have no example of their own. */
  private readonly byName = new Map<string, unknown>();

  constructor(private readonly document: Document) {
    const named = [
      ...Object.values(document.components.schemas ?? {}).flatMap(({ properties }) => Object.entries(properties ?? {})),
      ...Object.values(document.paths)
        .flatMap((methods) => Object.values(methods))
        .flatMap(({ parameters }) => parameters ?? [])
        .map(({ name, schema }) => [name, schema] as const),
    ];
    for (const [name, schema] of named) {
      const [example] = plainOf(document, schema).examples ?? [];
      if (example !== undefined && !this.byName.has(name)) this.byName.set(name, example);
    }
  }

  /** A whole value, as an answer has it. */
  of(schema: Schema, name = ""): unknown {
    return this.make(schema, name, false, []);
  }

  /** A value to send: of the fields that may be left out, only those that have an example of their own. */
  sent(schema: Schema, name = ""): unknown {
    return this.make(schema, name, true, []);
  }

  private make(schema: Schema, field: string, sent: boolean, above: readonly string[]): unknown {
    const plain = plainOf(this.document, schema);
    const own = plain.examples?.[0] ?? plain.const ?? plain.default ?? plain.enum?.[0];
    if (own !== undefined && own !== null) return own;
    if (plain.format === "binary" || plain.contentMediaType !== undefined) return FILE;
    const name = schema.$ref === undefined ? null : nameOf(schema.$ref);
    if (name !== null && above.includes(name)) return {};
    const names = name === null ? above : [...above, name];
    const [variant] = plain.oneOf ?? [];
    if (variant !== undefined) return this.make(variant, field, sent, names);
    if (plain.properties !== undefined) return this.object(plain, sent, names);
    switch (plain.type) {
      case "array":
        return [this.make(plain.items ?? {}, field, sent, names)];
      case "object":
        return typeof plain.additionalProperties === "object"
          ? { name: this.make(plain.additionalProperties, field, sent, names) }
          : {};
      case "boolean":
        return true;
      case "integer":
      case "number":
        return plain.minimum ?? (plain.exclusiveMinimum ?? 0) + 1;
      default:
        return BY_FORMAT[plain.format ?? ""] ?? this.byName.get(field) ?? (IS_ID.test(field) ? ANY_ID : "text");
    }
  }

  private object(schema: Schema, sent: boolean, above: readonly string[]): unknown {
    const required = new Set(schema.required);
    const fields = Object.entries(schema.properties ?? {})
      .map(([name, field]) => ({ name, field, plain: plainOf(this.document, field) }))
      .filter(({ plain }) => plain.deprecated !== true);
    const wanted = fields.filter(({ name, plain }) => required.has(name) || plain.examples !== undefined);
    const shown = sent && wanted.length > 0 ? wanted : fields;
    return Object.fromEntries(shown.map(({ name, field }) => [name, this.make(field, name, sent, above)]));
  }
}
