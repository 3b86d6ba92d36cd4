/** Who somebody is on the platform: what the demo's token is asked for. */
export interface Person {
  readonly name: string;
  readonly identity: string;
  readonly displayName: string | null;
}

const IDENTITY_MIN = 3; // characters, by the platform's rule for identities
const IDENTITY_MAX = 64; // characters, same rule
const NOT_IN_IDENTITY = /[^\p{L}\p{N}\-_+=/.]+/gu;
const FILLER = "."; // allowed in an identity and never typed in a name, so that "Al" and "Al-" stay different people
const DISPLAY_NAME_MIN = 5; // characters, by the platform's rule for display names
const DISPLAY_NAME_MAX = 50; // characters, same rule

/** The identity of a name: the same for everybody who types it, so that a name is all one needs to call. */
export function identityOf(name: string): string {
  const plain = name
    .normalize("NFKC")
    .trim()
    .toLowerCase()
    .replace(NOT_IN_IDENTITY, "-")
    .replace(/^-+|-+$/g, "");
  const characters = [...plain].slice(0, IDENTITY_MAX).join("");
  return characters === "" ? "" : characters.padEnd(IDENTITY_MIN, FILLER);
}

/** Somebody with this name, or null when no identity can be made of it. */
export function personNamed(name: string): Person | null {
  const tidy = name.trim().replace(/\s+/g, " ");
  const identity = identityOf(tidy);
  if (identity === "") return null;
  const fits = tidy.length >= DISPLAY_NAME_MIN && tidy.length <= DISPLAY_NAME_MAX;
  return { name: tidy, identity, displayName: fits ? tidy : null };
}

/** Up to two letters that stand for a name where there is no picture. */
export function initialsOf(name: string): string {
  const words = name.split(/[\s\-_.+=/]+/u).filter((word) => word !== "");
  const first = words.slice(0, 2).map((word) => [...word][0] ?? "");
  return first.join("").toUpperCase();
}
