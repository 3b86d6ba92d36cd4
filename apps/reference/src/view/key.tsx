import type { JSX } from "preact";
import type { Reference } from "../model/reference";
import { text } from "../strings";

/** The API key that the commands shall have. */
export function KeyField({ reference }: { readonly reference: Reference }): JSX.Element {
  return (
    <div class="key-field">
      <label for="api-key">{text.key}</label>
      <input
        id="api-key"
        type="text"
        autocomplete="off"
        spellcheck={false}
        aria-describedby="api-key-hint"
        value={reference.key.value}
        onInput={(event) => {
          reference.key.value = event.currentTarget.value.trim();
        }}
      />
      <p class="hint" id="api-key-hint">
        {text.keyHint}
      </p>
    </div>
  );
}
