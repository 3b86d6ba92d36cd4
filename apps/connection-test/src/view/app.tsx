import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { mediaProblem } from "../../../showcase/src/strings";
import { Icon, Mark } from "../../../showcase/src/view/icons";
import { watchLevel } from "../../../showcase/src/view/level";
import { Notice } from "../../../showcase/src/view/notice";
import { Picture, Sound } from "../../../showcase/src/view/stream";
import type { ConnectionTest, Echo } from "../model/connection-test";
import { STEPS, type Step } from "../model/findings";
import { findingWords, stateNames, stepNames, text, verdicts } from "../strings";

export function App({ test }: { readonly test: ConnectionTest }): JSX.Element {
  const running = test.running.value;
  const echo = test.echo.value;
  const verdict = test.verdict.value;
  return (
    <div class="page">
      <a class="skip" href="#content">
        {text.skipToContent}
      </a>
      <header class="header">
        <div class="brand">
          <Mark />
          <span>{text.product}</span>
        </div>
        <a href="/app/showcase">{text.showcase}</a>
      </header>
      <main class="test" id="content">
        <h1>{text.heading}</h1>
        <p class="lead">{text.lead}</p>
        <p class="hint">{text.ask}</p>
        <button class="button primary" type="button" aria-disabled={running !== null} onClick={() => void test.run()}>
          {running !== null ? text.running : verdict === null ? text.start : text.again}
        </button>
        <div role="status" aria-live="polite">
          {verdict !== null && (
            <div class={`card verdict ${verdict}`}>
              <h2>{verdicts[verdict].title}</h2>
              <p>{verdicts[verdict].detail}</p>
            </div>
          )}
        </div>
        <ol class="card steps" aria-label={text.steps}>
          {STEPS.map((step) => (
            <StepLine key={step} step={step} test={test} />
          ))}
        </ol>
        {test.problems.value.map((problem) => (
          <Notice key={problem.device} message={mediaProblem(problem)} />
        ))}
        {echo !== null && <EchoCard test={test} echo={echo} />}
        {verdict !== null && <Report report={test.report.value} />}
      </main>
    </div>
  );
}

function StepLine({ step, test }: { readonly step: Step; readonly test: ConnectionTest }): JSX.Element {
  const finding = test.findings.value.find((one) => one.step === step);
  const state = finding?.grade ?? (test.running.value === step ? "running" : "waiting");
  return (
    <li class={`step ${state}`}>
      <strong>{stepNames[step]}</strong>
      <span class="step-state">{stateNames[state]}</span>
      {finding !== undefined && <p>{findingWords[finding.code]}</p>}
    </li>
  );
}

function EchoCard({ test, echo }: { readonly test: ConnectionTest; readonly echo: Echo }): JSX.Element {
  const aloud = useSignal(false);
  const bar = useRef<HTMLDivElement>(null);
  const figures = test.figures.value;
  useEffect(
    () => watchLevel(echo.sound, (level) => bar.current?.style.setProperty("--level", level.toFixed(2))),
    [echo],
  );
  return (
    <section class="card echo" aria-labelledby="echo-heading">
      <h2 id="echo-heading">{text.echoHeading}</h2>
      <p class="hint">{text.echoHint}</p>
      {echo.picture !== null && (
        <div class="echo-picture">
          <Picture stream={echo.picture} />
        </div>
      )}
      <div class="level" aria-hidden="true">
        <Icon name="microphone" />
        <div class="level-track">
          <div class="level-bar" ref={bar} />
        </div>
      </div>
      <label class="aloud">
        <input
          type="checkbox"
          checked={aloud.value}
          onChange={(event) => {
            aloud.value = event.currentTarget.checked;
          }}
        />
        {text.listen}
      </label>
      {aloud.value && <Sound stream={echo.sound} speaker="" />}
      <dl class="figures">
        <dt>{text.roundTrip}</dt>
        <dd>{text.milliseconds(figures?.roundTripMilliseconds ?? null)}</dd>
        <dt>{text.loss}</dt>
        <dd>{text.percent(figures?.lossPercent ?? 0)}</dd>
      </dl>
    </section>
  );
}

function Report({ report }: { readonly report: string }): JSX.Element {
  const copied = useSignal(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard?.writeText(report);
    copied.value = navigator.clipboard !== undefined;
  };
  return (
    <section class="card report" aria-labelledby="report-heading">
      <h2 id="report-heading">{text.report}</h2>
      <p class="hint">{text.reportHint}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable without a mouse */}
      <pre tabIndex={0}>{report}</pre>
      <button class="button" type="button" onClick={() => void copy()}>
        {copied.value ? text.copied : text.copy}
      </button>
    </section>
  );
}
