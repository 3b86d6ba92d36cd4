import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useRef } from "preact/hooks";
import { type Language, piecesOf } from "../model/colours";
import { text } from "../strings";

const COPIED_MILLISECONDS = 2000; // long enough to be seen, short enough to be gone before the next one

interface Props {
  readonly title: ComponentChildren;
  readonly code: string;
  readonly language: Language;
}

/** Code with a name, and a button that copies it. */
export function Code({ title, code, language }: Props): JSX.Element {
  const place = useRef<HTMLPreElement>(null);
  const copied = useSignal(false);
  const copy = async (): Promise<void> => {
    await copyText(code, place.current);
    copied.value = true;
    setTimeout(() => {
      copied.value = false;
    }, COPIED_MILLISECONDS);
  };
  return (
    <figure class="code">
      <figcaption>
        <span>{title}</span>
        <button class="copy" type="button" onClick={() => void copy()}>
          <span aria-live="polite">{copied.value ? text.copied : text.copy}</span>
        </button>
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable without a mouse */}
      <pre ref={place} tabIndex={0}>
        <code>
          {piecesOf(code, language).map(({ part, text: piece }, index) => (
            <span key={index} class={part}>
              {piece}
            </span>
          ))}
        </code>
      </pre>
    </figure>
  );
}

/** On a page without HTTPS there is no clipboard but the one of the selection. */
async function copyText(code: string, place: HTMLElement | null): Promise<void> {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(code);
  if (place === null) return;
  getSelection()?.selectAllChildren(place);
  document.execCommand("copy");
  getSelection()?.removeAllRanges();
}
