import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { identityOf, personNamed } from "../model/person";
import type { Showcase } from "../model/showcase";
import { text, tokenFailure } from "../strings";
import { useFocusOnArrival } from "./focus";
import { Mark } from "./icons";
import { Notice } from "./notice";

const NAME_MAX = 50; // characters, the platform's limit for display names

export function NameScreen({ model, initial }: { readonly model: Showcase; readonly initial: string }): JSX.Element {
  const field = useFocusOnArrival<HTMLInputElement>();
  const name = useSignal(initial);
  const complaint = useSignal(false);
  const identity = identityOf(name.value);
  const connecting = model.connection.value === "connecting";
  const failure = model.failure.value;

  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    complaint.value = personNamed(name.value) === null;
    if (complaint.value)
      field.current?.focus(); // reads out what is wrong with it
    else if (!connecting) void model.signIn(name.value);
  };

  return (
    <main class="name-screen" id="content">
      <form class="card name-card" onSubmit={submit} noValidate>
        <div class="brand">
          <Mark />
          <span>{text.product}</span>
        </div>
        <h1>{text.name.heading}</h1>
        <p class="lead">{text.name.lead}</p>
        <div class="field">
          <label for="name">{text.name.label}</label>
          <input
            id="name"
            type="text"
            autocomplete="nickname"
            ref={field}
            maxLength={NAME_MAX}
            placeholder={text.name.placeholder}
            value={name.value}
            aria-describedby="name-hint"
            aria-invalid={complaint.value}
            onInput={(event) => {
              name.value = event.currentTarget.value;
              complaint.value = false;
            }}
          />
          <p id="name-hint" class={complaint.value ? "hint complaint" : "hint"}>
            {complaint.value && text.name.needed}
            {!complaint.value && identity !== "" && (
              <>
                {text.name.reachedAs} <bdi class="identity">{identity}</bdi>
              </>
            )}
          </p>
        </div>
        {failure !== null && <Notice message={tokenFailure(failure)} />}
        <button class="button primary wide" type="submit" aria-disabled={connecting}>
          {connecting ? text.name.connecting : text.name.submit}
        </button>
        <p class="fine-print">{text.name.privacy}</p>
      </form>
    </main>
  );
}
