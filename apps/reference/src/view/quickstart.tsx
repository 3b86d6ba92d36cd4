import type { JSX } from "preact";
import { curl, exportOf } from "../model/curl";
import { linkTo, type Reference, RULES } from "../model/reference";
import { quickstart, type Step, text } from "../strings";
import { Code } from "./code";
import { KeyField } from "./key";
import { Words } from "./prose";

const KEY_PLACEHOLDER = "...";

export function Quickstart({ reference }: { readonly reference: Reference }): JSX.Element {
  const key = reference.key.value;
  return (
    <>
      <h1 tabIndex={-1}>{quickstart.title}</h1>
      <p class="lead">{quickstart.lead}</p>
      <section class="step">
        <div class="words">
          <h2>{quickstart.keyTitle}</h2>
          <p>
            <Words text={quickstart.keyText} />
          </p>
          <KeyField reference={reference} />
        </div>
        <div class="codes">
          <Code title={text.inTheShell} code={exportOf(key === "" ? KEY_PLACEHOLDER : key)} language="shell" />
        </div>
      </section>
      {quickstart.steps.map((step) => (
        <StepSection key={step.title} step={step} reference={reference} />
      ))}
      <section class="step">
        <div class="words">
          <h2>{quickstart.next}</h2>
          <p>{quickstart.nextText}</p>
          <p>
            <a href={linkTo(RULES)}>{quickstart.toRules}</a>
          </p>
        </div>
      </section>
    </>
  );
}

function StepSection({ step, reference }: { readonly step: Step; readonly reference: Reference }): JSX.Element {
  const { title, operation, method, path, body, answer } = step;
  return (
    <section class="step">
      <div class="words">
        <h2>{title}</h2>
        <p>
          <Words text={step.text} />
        </p>
        <p>
          <a href={linkTo(operation)} aria-label={`${quickstart.more}: ${title}`}>
            {quickstart.more}
          </a>
        </p>
      </div>
      <div class="codes">
        <Code
          title={text.request}
          code={curl(method, path, body, { origin: reference.origin, key: reference.key.value })}
          language="shell"
        />
        {answer !== null && <Code title={text.answerFields} code={JSON.stringify(answer, null, 2)} language="json" />}
      </div>
    </section>
  );
}
