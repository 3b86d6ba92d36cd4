import { type Answer, answerOf, type Document, type Media, type Parameter, type Schema } from "./document";

/** An operation of the API, with everything that its page shows. */
export interface Operation {
  readonly id: string;
  readonly product: string;
  readonly method: string;
  readonly path: string;
  readonly title: string;
  readonly text: string;
  readonly deprecated: boolean;
  readonly parameters: readonly Parameter[];
  readonly body: Content | null;
  readonly answers: readonly Told[];
  readonly errors: readonly Told[];
  readonly schemes: readonly string[];
  readonly scopes: readonly string[];
  readonly limit: string | null;
  /** Whether it takes a key that makes it safe to send again. */
  readonly repeatable: boolean;
}

export interface Content {
  readonly kind: string;
  readonly schema: Schema;
  readonly example: unknown;
}

export interface Told {
  readonly status: string;
  readonly text: string;
  readonly content: Content | null;
}

export interface Product {
  readonly id: string;
  readonly name: string;
  readonly text: string;
  readonly operations: readonly Operation[];
}

const METHODS = ["get", "post", "put", "patch", "delete"];
const REPEAT_HEADER = "Idempotency-Key"; // the same for all that take it, so it is told as a fact
const FIRST_ERROR = "400";

/** The products in the order of the document, each with its operations. */
export function productsOf(document: Document): readonly Product[] {
  const all = operationsOf(document);
  return document.tags.map(({ name, description, "x-displayName": shown }) => ({
    id: name,
    name: shown ?? name,
    text: description ?? "",
    operations: all.filter(({ product }) => product === name),
  }));
}

function operationsOf(document: Document): readonly Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    METHODS.flatMap((method) => {
      const found = methods[method];
      if (found === undefined) return [];
      const told = Object.entries(found.responses).map(([status, answer]) => toldOf(document, status, answer));
      return {
        id: found.operationId,
        product: found.tags?.[0] ?? "",
        method: method.toUpperCase(),
        path,
        title: found.summary,
        text: found.description ?? "",
        deprecated: found.deprecated ?? false,
        parameters: (found.parameters ?? []).filter(({ name }) => name !== REPEAT_HEADER),
        body: contentOf(found.requestBody?.content),
        answers: told.filter(({ status }) => status < FIRST_ERROR),
        errors: told.filter(({ status }) => status >= FIRST_ERROR),
        schemes: (found.security ?? []).flatMap((way) => Object.keys(way)),
        scopes: found["x-scopes"] ?? [],
        limit: found["x-rate-limit"] ?? null,
        repeatable: (found.parameters ?? []).some(({ name }) => name === REPEAT_HEADER),
      };
    }),
  );
}

function toldOf(document: Document, status: string, answer: Answer): Told {
  const { description, content } = answerOf(document, answer);
  return { status, text: description ?? "", content: contentOf(content) };
}

function contentOf(content: Readonly<Record<string, Media>> | undefined): Content | null {
  const [first] = Object.entries(content ?? {});
  if (first === undefined) return null;
  const [kind, { schema, example }] = first;
  return { kind, schema: schema ?? {}, example };
}
