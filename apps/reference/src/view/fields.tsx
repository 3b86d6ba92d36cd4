import type { JSX } from "preact";
import type { Document, Schema } from "../model/document";
import { type Field, fieldsOf, type Rule, type Type, type Variant, variantsOf } from "../model/fields";
import { kinds, text } from "../strings";
import { Words } from "./prose";

interface Sent {
  /** In what is sent, some fields are required; in an answer, some may be absent. */
  readonly sent: boolean;
}

/** What is in a body or an answer. */
export function Schemas({
  document,
  schema,
  sent,
}: Sent & { readonly document: Document; readonly schema: Schema }): JSX.Element {
  const fields = fieldsOf(document, schema);
  const variants = variantsOf(document, schema);
  if (fields.length === 0 && variants.length === 0) return <p class="hint">{text.noFields}</p>;
  return (
    <>
      {fields.length > 0 && <Fields fields={fields} sent={sent} />}
      <Variants variants={variants} sent={sent} />
    </>
  );
}

export function Fields({ fields, sent }: Sent & { readonly fields: readonly Field[] }): JSX.Element {
  return (
    <ul class="fields">
      {fields.map((field) => (
        <Line key={field.name} field={field} sent={sent} />
      ))}
    </ul>
  );
}

function Variants({ variants, sent }: Sent & { readonly variants: readonly Variant[] }): JSX.Element {
  return (
    <>
      {variants.map(({ name, fields }) => (
        <div key={name} class="variant">
          <p class="variant-name">{text.instead(name)}</p>
          <Fields fields={fields} sent={sent} />
        </div>
      ))}
    </>
  );
}

function Line({ field, sent }: Sent & { readonly field: Field }): JSX.Element {
  const rules = field.rules.filter(({ rule }) => sent || rule === "values" || rule === "again"); // nobody keeps the others
  return (
    <li class={field.deprecated ? "deprecated" : undefined}>
      <p class="field-name">
        <code>{field.name}</code> <span class="type">{typeWords(field.type)}</span>
        {sent && field.required && <span class="required">{text.required}</span>}
        {!sent && !field.required && <span class="type">{text.mayBeAbsent}</span>}
        {field.deprecated && <span class="type">{text.deprecated}</span>}
      </p>
      {field.text !== "" && (
        <p>
          <Words text={field.text} />
        </p>
      )}
      {rules.length > 0 && (
        <p class="rules">
          {rules.map((rule) => (
            <span key={rule.rule}>
              <RuleWords rule={rule} />
            </span>
          ))}
        </p>
      )}
      {field.fields.length > 0 && <Fields fields={field.fields} sent={sent} />}
      <Variants variants={field.variants} sent={sent} />
    </li>
  );
}

export function typeWords({ kind, inner }: Type): string {
  return inner === null ? kinds[kind] : `${kinds[kind]} ${typeWords(inner)}`;
}

function RuleWords({ rule }: { readonly rule: Rule }): JSX.Element {
  switch (rule.rule) {
    case "length":
      return <>{text.characters(rule.from, rule.to)}</>;
    case "range":
      return <>{text.values(rule.from, rule.to)}</>;
    case "items":
      return <>{text.items(rule.from, rule.to)}</>;
    case "again":
      return <>{text.again(rule.name)}</>;
    case "pattern":
      return (
        <>
          {text.pattern} <code>{rule.pattern}</code>
        </>
      );
    case "default":
      return (
        <>
          {text.usual} <code>{rule.value}</code>
        </>
      );
    case "values":
      return (
        <>
          {text.oneOf}{" "}
          {rule.values.map((value) => (
            <span key={value}>
              <code>{value}</code>{" "}
            </span>
          ))}
        </>
      );
  }
}
