import type { JSX } from "preact";
import { initialsOf } from "../model/person";

const HUES = 360; // degrees in the colour circle
const STEP = 137; // degrees, near the golden angle: every letter turns the colour far from its neighbours

/** Initials on a colour of the name's own, where there is no picture. */
export function Avatar({ name }: { readonly name: string }): JSX.Element {
  const hue = [...name].reduce((turned, character) => (turned * 3 + (character.codePointAt(0) ?? 0) * STEP) % HUES, 0);
  return (
    <span class="avatar" style={{ "--hue": String(hue) }} aria-hidden="true">
      {initialsOf(name)}
    </span>
  );
}
