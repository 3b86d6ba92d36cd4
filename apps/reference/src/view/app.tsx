import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Mark } from "../../../showcase/src/view/icons";
import { linkTo, QUICKSTART, type Reference, RULES } from "../model/reference";
import { quickstart, rules, text } from "../strings";
import { OperationPage } from "./operation";
import { Quickstart } from "./quickstart";
import { Rules } from "./rules";
import { Side } from "./side";

/** What the page that is shown is called; null while that is not known. */
export function titleOf(reference: Reference): string | null {
  const id = reference.shown.value;
  if (id === QUICKSTART) return quickstart.title;
  return id === RULES ? rules.title : (reference.operation.value?.title ?? null);
}

export function App({ reference }: { readonly reference: Reference }): JSX.Element {
  const shown = reference.shown.value;
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    // Who follows a link wants to read on from the new heading. Who has just come has not followed any.
    if (!first.current) {
      scrollTo(0, 0);
      main.current?.querySelector("h1")?.focus({ preventScroll: true });
    }
    first.current = false;
  }, [shown]);
  return (
    <div class="reference">
      <a class="skip" href="#content">
        {text.skipToContent}
      </a>
      <header class="top">
        <a class="brand" href={linkTo(QUICKSTART)}>
          <Mark />
          <span>
            {text.product} <span class="brand-more">{text.heading}</span>
          </span>
        </a>
        {reference.api.value !== null && <span class="pill">{reference.api.value.document.info.version}</span>}
        <a class="top-link" href="/openapi.json">
          {text.document}
        </a>
      </header>
      <Side reference={reference} />
      <main class="content" id="content" ref={main} tabIndex={-1}>
        <Chapter reference={reference} />
      </main>
    </div>
  );
}

function Chapter({ reference }: { readonly reference: Reference }): JSX.Element {
  const { shown, api, failed, operation } = reference;
  if (shown.value === QUICKSTART) return <Quickstart reference={reference} />;
  if (shown.value === RULES) return <Rules reference={reference} />;
  if (api.value !== null && operation.value !== null) {
    return <OperationPage key={operation.value.id} operation={operation.value} api={api.value} reference={reference} />;
  }
  return (
    <>
      <h1 tabIndex={-1}>{text.heading}</h1>
      <p class="lead" role="status">
        {failed.value ? text.failed : api.value === null ? text.loading : text.unknown}
      </p>
      <a href={linkTo(QUICKSTART)}>{text.toQuickstart}</a>
    </>
  );
}
