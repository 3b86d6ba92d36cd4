import type { JSX } from "preact";

const PARAGRAPHS = /\n\s*\n/;
const CODE = /`([^`]+)`/;

/** Text as the API's document has it: paragraphs, with code between backticks. */
export function Prose({ text }: { readonly text: string }): JSX.Element {
  return (
    <>
      {text.split(PARAGRAPHS).map((paragraph) => (
        <p key={paragraph}>
          <Words text={paragraph} />
        </p>
      ))}
    </>
  );
}

/** The same, as a part of a paragraph. */
export function Words({ text }: { readonly text: string }): JSX.Element {
  return <>{text.split(CODE).map((part, index) => (index % 2 === 1 ? <code key={part}>{part}</code> : part))}</>;
}
