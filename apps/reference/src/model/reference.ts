import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Document } from "./document";
import { Examples } from "./examples";
import { type Operation, type Product, productsOf } from "./operations";
import { Search } from "./search";

/** The address of the document, on the server that has this page. */
const DOCUMENT = "/openapi.json";

/** How the ends of addresses begin that are chapters; others are places within one. */
const CHAPTER = "#/";

export const QUICKSTART = "quickstart";
export const RULES = "rules";

/** The API as this page knows it, once the document is here. */
export interface Api {
  readonly document: Document;
  readonly products: readonly Product[];
  readonly examples: Examples;
  readonly search: Search;
}

/** What the page needs of the browser. */
export interface World {
  readonly origin: string;
  readonly fetch: (address: string) => Promise<Response>;
  /** The end of the page's address, from its # on: `#/quickstart`. */
  readonly hash: () => string;
}

/** The state of the page. The API key lives here and nowhere else. */
export class Reference {
  readonly key: Signal<string> = signal("");
  readonly words: Signal<string> = signal("");
  readonly api: Signal<Api | null> = signal(null);
  readonly failed: Signal<boolean> = signal(false);
  /** The id of the operation, or of the chapter, that is shown. */
  readonly shown: Signal<string>;
  readonly found: ReadonlySignal<readonly Product[]> = computed(
    () => this.api.value?.search.find(this.words.value) ?? [],
  );
  readonly operation: ReadonlySignal<Operation | null> = computed(() => this.find(this.shown.value));

  constructor(private readonly world: World) {
    this.shown = signal(this.asked() ?? QUICKSTART);
  }

  get origin(): string {
    return this.world.origin;
  }

  async load(): Promise<void> {
    try {
      const answer = await this.world.fetch(DOCUMENT);
      if (!answer.ok) throw new Error(answer.statusText);
      const document = (await answer.json()) as Document;
      const products = productsOf(document);
      const examples = new Examples(document);
      this.api.value = { document, products, examples, search: new Search(document, products) };
    } catch {
      this.failed.value = true;
    }
  }

  /** Show what the address of the page says. */
  follow(): void {
    this.shown.value = this.asked() ?? this.shown.value;
  }

  find(id: string): Operation | null {
    return this.api.value?.products.flatMap(({ operations }) => operations).find((one) => one.id === id) ?? null;
  }

  private asked(): string | null {
    const hash = this.world.hash();
    if (hash === "") return QUICKSTART;
    return hash.startsWith(CHAPTER) ? hash.slice(CHAPTER.length) : null;
  }
}

/** The address of a chapter or operation, for links. */
export function linkTo(id: string): string {
  return CHAPTER + id;
}
