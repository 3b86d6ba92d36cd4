import type { ComponentChildren, JSX } from "preact";
import { curlOf } from "../model/curl";
import { fieldOf } from "../model/fields";
import type { Content, Operation, Told } from "../model/operations";
import { type Api, linkTo, type Reference, RULES } from "../model/reference";
import { schemes, text } from "../strings";
import { Code } from "./code";
import { Fields, Schemas } from "./fields";
import { KeyField } from "./key";
import { Prose, Words } from "./prose";
import { Method } from "./side";

interface Props {
  readonly operation: Operation;
  readonly api: Api;
  readonly reference: Reference;
}

export function OperationPage({ operation, api, reference }: Props): JSX.Element {
  const { origin, key } = reference;
  return (
    <article class="operation">
      <div class="words head">
        <p class="product">{api.products.find(({ id }) => id === operation.product)?.name}</p>
        <h1 tabIndex={-1}>{operation.title}</h1>
        <p class="address">
          <Method operation={operation} /> <code>{withBreaks(operation.path)}</code>
        </p>
        <div class="lead">
          <Prose text={operation.text} />
        </div>
        <Facts operation={operation} />
      </div>
      <div class="codes">
        <div class="stays">
          <Code
            title={text.request}
            code={curlOf(api.examples, operation, { origin, key: key.value })}
            language="shell"
          />
          {operation.schemes.includes("APIKeyHeader") && (
            <details class="key-more">
              <summary>{text.putKey}</summary>
              <KeyField reference={reference} />
            </details>
          )}
          {operation.answers.map((answer) => (
            <Example key={answer.status} answer={answer} api={api} />
          ))}
        </div>
      </div>
      <div class="words details">
        <Parameters operation={operation} api={api} />
        {operation.body !== null && (
          <section>
            <h2>{text.body}</h2>
            <Kind content={operation.body} />
            <Schemas document={api.document} schema={operation.body.schema} sent />
          </section>
        )}
        {operation.answers.map((answer) => (
          <section key={answer.status}>
            <h2>
              {text.answerFields} <span class="status">{answer.status}</span>
            </h2>
            <AnswerFields answer={answer} api={api} />
          </section>
        ))}
        <Errors errors={operation.errors} />
      </div>
    </article>
  );
}

function Facts({ operation }: { readonly operation: Operation }): JSX.Element {
  const { schemes: accepted, scopes, limit, repeatable } = operation;
  return (
    <dl class="facts">
      <Fact name={text.credentials}>
        {accepted.length === 0 ? text.noCredentials : accepted.map((scheme) => schemes[scheme] ?? scheme).join(", ")}
      </Fact>
      {accepted.length > 0 && (
        <Fact name={scopes.length > 1 ? text.scopes : text.scope}>
          {scopes.length === 0 && text.anyScope}
          {scopes.map((scope) => (
            <span key={scope}>
              <code>{scope}</code>{" "}
            </span>
          ))}
        </Fact>
      )}
      {limit !== null && <Fact name={text.limit}>{text.limitOf(limit)}</Fact>}
      {repeatable && (
        <Fact name={text.repeat}>
          <Words text={text.repeatable} />{" "}
          <a href={linkTo(RULES)} aria-label={text.rulesOfRepeating}>
            {text.how}
          </a>
        </Fact>
      )}
    </dl>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Parameters({ operation, api }: { readonly operation: Operation; readonly api: Api }): JSX.Element | null {
  if (operation.parameters.length === 0) return null;
  return (
    <section>
      <h2>{text.parameters}</h2>
      {Object.entries(text.places).map(([place, words]) => {
        const fields = operation.parameters
          .filter((one) => one.in === place)
          .map(({ name, schema, required, description }) => ({
            ...fieldOf(api.document, name, schema, required ?? false),
            ...(description === undefined ? {} : { text: description }),
          }));
        return (
          fields.length > 0 && (
            <div key={place}>
              <p class="place">{words}</p>
              <Fields fields={fields} sent />
            </div>
          )
        );
      })}
    </section>
  );
}

function AnswerFields({ answer, api }: { readonly answer: Told; readonly api: Api }): JSX.Element {
  if (answer.content === null) return <p class="hint">{text.emptyAnswer}</p>;
  if (!answer.content.kind.includes("json")) {
    return (
      <p class="hint">
        <code>{answer.content.kind}</code> {text.fileAnswer}
      </p>
    );
  }
  return <Schemas document={api.document} schema={answer.content.schema} sent={false} />;
}

function Kind({ content }: { readonly content: Content }): JSX.Element {
  return (
    <p class="hint">
      <code>{content.kind}</code>
    </p>
  );
}

function Example({ answer, api }: { readonly answer: Told; readonly api: Api }): JSX.Element | null {
  const { status, content } = answer;
  if (content === null || !content.kind.includes("json")) return null;
  const example = content.example ?? api.examples.of(content.schema);
  return <Code title={text.answer(status)} code={JSON.stringify(example, null, 2)} language="json" />;
}

function Errors({ errors }: { readonly errors: readonly Told[] }): JSX.Element | null {
  if (errors.length === 0) return null;
  return (
    <section>
      <h2>{text.errors}</h2>
      {errors.map(({ status, text: words, content }) => (
        <details key={status} class="error">
          <summary>
            <span class="status">{status}</span> {words}
          </summary>
          <Code title={text.answer(status)} code={JSON.stringify(content?.example ?? {}, null, 2)} language="json" />
        </details>
      ))}
    </section>
  );
}

/** A long address breaks between its parts, not within them. */
function withBreaks(path: string): (JSX.Element | string)[] {
  return path.split(/(?=\/)/).flatMap((part) => [<wbr key={part} />, part]);
}
