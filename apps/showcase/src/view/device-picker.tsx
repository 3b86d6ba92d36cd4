import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { DeviceKind } from "../model/device-choice";
import type { Showcase } from "../model/showcase";
import { text } from "../strings";
import { Icon } from "./icons";
import { playTestTone } from "./test-tone";

const KINDS: readonly DeviceKind[] = ["videoinput", "audioinput", "audiooutput"];

/** Which camera, microphone and loudspeaker: only where there is something to choose from. */
export function DevicePicker({ model }: { readonly model: Showcase }): JSX.Element | null {
  const { available, chosen } = model.preview.choice;
  const kinds = KINDS.filter((kind) => available.value[kind].length > 0 && (kind !== "audiooutput" || canSteerSound()));
  if (kinds.length === 0) return null;
  return (
    <details class="devices">
      <summary>{text.devices.heading}</summary>
      <div class="devices-list">
        {kinds.map((kind) => (
          <label key={kind}>
            {text.devices[kind]}
            <select value={chosen.value[kind]} onChange={(event) => void model.choose(kind, event.currentTarget.value)}>
              {!available.value[kind].some(({ id }) => id === "default") && (
                <option value="">{text.devices.automatic}</option>
              )}
              {available.value[kind].map(({ id, name }) => (
                <option key={id} value={id === "default" ? "" : id}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        ))}
      </div>
      <SpeakerTest speaker={chosen.value.audiooutput} />
    </details>
  );
}

/** Whether one hears anything, found out before the others speak. */
function SpeakerTest({ speaker }: { readonly speaker: string }): JSX.Element {
  const state = useSignal<"idle" | "playing" | "failed">("idle");
  const test = async (): Promise<void> => {
    if (state.value === "playing") return;
    state.value = "playing";
    state.value = await playTestTone(speaker).then(
      () => "idle" as const,
      () => "failed" as const,
    );
  };
  return (
    <p class="speaker-test">
      <button class="button small" type="button" aria-disabled={state.value === "playing"} onClick={() => void test()}>
        <Icon name="speaker" />
        {state.value === "playing" ? text.devices.testing : text.devices.test}
      </button>
      {state.value === "failed" && <span role="alert">{text.devices.testFailed}</span>}
    </p>
  );
}

function canSteerSound(): boolean {
  return "setSinkId" in HTMLMediaElement.prototype;
}
