import type { Described, Document, Schema } from "../src/model/document";
import type { Operation } from "../src/model/operations";
import { productsOf } from "../src/model/operations";

/** A document with these schemas and one operation, which is changed by `described`. */
export function documentWith(
  schemas: Readonly<Record<string, Schema>>,
  described: Partial<Described> = {},
  [method, path]: readonly [string, string] = ["post", "/towers/1/bells"],
): Document {
  const operation: Described = {
    operationId: "ring-bell",
    summary: "Ring a bell",
    tags: ["towers"],
    responses: { "200": { description: "OK." } },
    security: [{ APIKeyHeader: [] }],
    ...described,
  };
  return {
    info: { title: "Towers", version: "1" },
    tags: [{ name: "towers", "x-displayName": "Towers", description: "With bells." }],
    paths: { [path]: { [method]: operation } },
    components: { schemas },
  };
}

/** The only operation of a document. */
export function onlyOperation(document: Document): Operation {
  const [operation] = productsOf(document).flatMap(({ operations }) => operations);
  if (operation === undefined) throw new Error("the document has no operation");
  return operation;
}

export function json(schema: Schema): { readonly content: Readonly<Record<string, { readonly schema: Schema }>> } {
  return { content: { "application/json": { schema } } };
}
