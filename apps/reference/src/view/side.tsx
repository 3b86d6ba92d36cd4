import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Operation } from "../model/operations";
import { linkTo, QUICKSTART, type Reference, RULES } from "../model/reference";
import { quickstart, rules, text } from "../strings";

/** The list of everything: beside the content where there is room, else behind a button above it. */
export function Side({ reference }: { readonly reference: Reference }): JSX.Element {
  const menu = useRef<HTMLDetailsElement>(null);
  const search = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const wide = matchMedia("(width >= 62rem)");
    const unfold = (): void => {
      if (menu.current !== null) menu.current.open = wide.matches;
    };
    const jump = (event: KeyboardEvent): void => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isText(event.target)) return;
      event.preventDefault();
      if (menu.current !== null) menu.current.open = true;
      search.current?.focus();
    };
    unfold();
    wide.addEventListener("change", unfold);
    addEventListener("keydown", jump);
    return () => {
      wide.removeEventListener("change", unfold);
      removeEventListener("keydown", jump);
    };
  }, []);
  const choose = (): void => {
    if (menu.current !== null && matchMedia("(width < 62rem)").matches) menu.current.open = false;
  };
  const products = reference.found.value;
  const count = products.reduce((sum, { operations }) => sum + operations.length, 0);
  const words = reference.words.value;
  return (
    <nav class="side" aria-label={text.navigation}>
      <details ref={menu}>
        <summary>{text.menu}</summary>
        <div class="search">
          <input
            ref={search}
            type="search"
            aria-label={text.search}
            placeholder={text.search}
            title={text.searchHint}
            value={words}
            onInput={(event) => {
              reference.words.value = event.currentTarget.value;
            }}
          />
          <p class="hint" role="status">
            {words !== "" && (count === 0 ? text.nothingFound : text.found(count))}
          </p>
        </div>
        {/* biome-ignore lint/a11y/useKeyWithClickEvents: the links inside are what is clicked, by keys too */}
        {/* biome-ignore lint/a11y/noStaticElementInteractions: the same */}
        <div class="side-list" onClick={choose}>
          {words === "" && (
            <ul>
              <Entry id={QUICKSTART} reference={reference}>
                {quickstart.title}
              </Entry>
              <Entry id={RULES} reference={reference}>
                {rules.title}
              </Entry>
            </ul>
          )}
          {products.map(({ id, name, operations }) => (
            <section key={id} aria-labelledby={`product-${id}`}>
              <p id={`product-${id}`}>{name}</p>
              <ul>
                {operations.map((operation) => (
                  <Entry key={operation.id} id={operation.id} reference={reference}>
                    <Method operation={operation} />
                    {operation.title}
                  </Entry>
                ))}
              </ul>
            </section>
          ))}
        </div>
      </details>
    </nav>
  );
}

function Entry(props: {
  readonly id: string;
  readonly reference: Reference;
  readonly children: preact.ComponentChildren;
}): JSX.Element {
  const current = props.reference.shown.value === props.id;
  return (
    <li>
      <a href={linkTo(props.id)} aria-current={current ? "page" : undefined}>
        {props.children}
      </a>
    </li>
  );
}

export function Method({ operation }: { readonly operation: Operation }): JSX.Element {
  return <span class={`method ${operation.method.toLowerCase()}`}>{operation.method}</span>;
}

function isText(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
}
