import type { JSX } from "preact";
import type { Reference } from "../model/reference";
import { rules, schemes, text } from "../strings";
import { Code } from "./code";
import { Words } from "./prose";

export function Rules({ reference }: { readonly reference: Reference }): JSX.Element {
  const described = Object.entries(reference.api.value?.document.components.securitySchemes ?? {});
  return (
    <>
      <h1 tabIndex={-1}>{rules.title}</h1>
      <p class="lead">{rules.lead}</p>
      <section class="step">
        <div class="words">
          <h2>{rules.authentication}</h2>
          {rules.authenticationText.map((paragraph) => (
            <p key={paragraph}>
              <Words text={paragraph} />
            </p>
          ))}
          <dl class="facts">
            {described.map(([name, { description }]) => (
              <div key={name}>
                <dt>{schemes[name] ?? name}</dt>
                <dd>
                  <Words text={description ?? ""} />
                </dd>
              </div>
            ))}
          </dl>
        </div>
      </section>
      {rules.chapters.map((rule) => (
        <section key={rule.title} class="step">
          <div class="words">
            <h2>{rule.title}</h2>
            {rule.text.map((paragraph) => (
              <p key={paragraph}>
                <Words text={paragraph} />
              </p>
            ))}
          </div>
          {"example" in rule && (
            <div class="codes">
              <Code title={text.answerFields} code={JSON.stringify(rule.example, null, 2)} language="json" />
            </div>
          )}
        </section>
      ))}
    </>
  );
}
