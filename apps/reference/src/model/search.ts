import type { Document } from "./document";
import { type Field, fieldsOf, type Variant, variantsOf } from "./fields";
import type { Operation, Product } from "./operations";

/** Looks for words in what an operation is called, where it is, and what its fields are named. */
export class Search {
  private readonly texts: ReadonlyMap<string, string>;

  constructor(
    document: Document,
    private readonly products: readonly Product[],
  ) {
    const operations = products.flatMap((product) => product.operations.map((operation) => ({ product, operation })));
    this.texts = new Map(operations.map((one) => [one.operation.id, textOf(document, one.product, one.operation)]));
  }

  /** The products with the operations that hold all the words; without words, all of them. */
  find(words: string): readonly Product[] {
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    return this.products
      .map((product) => ({
        ...product,
        operations: product.operations.filter(({ id }) => wanted.every((word) => this.texts.get(id)?.includes(word))),
      }))
      .filter(({ operations }) => operations.length > 0);
  }
}

function textOf(document: Document, product: Product, operation: Operation): string {
  const schemas = [operation.body, ...operation.answers.map(({ content }) => content)].flatMap((content) =>
    content === null ? [] : [content.schema],
  );
  const names = schemas.flatMap((schema) => [
    ...fieldsOf(document, schema).flatMap(namesOf),
    ...variantsOf(document, schema).flatMap(namesIn),
  ]);
  const { id, method, path, title, text, parameters } = operation;
  return [product.name, id, method, path, title, text, ...parameters.map(({ name }) => name), ...names]
    .join("\n")
    .toLowerCase();
}

function namesOf({ name, fields, variants }: Field): readonly string[] {
  return [name, ...fields.flatMap(namesOf), ...variants.flatMap(namesIn)];
}

function namesIn({ fields }: Variant): readonly string[] {
  return fields.flatMap(namesOf);
}
