import type { Person } from "./person";

/** Why there is no token. */
export type TokenFailure = "DEMO_OFF" | "NAME_REFUSED" | "TOO_MANY" | "UNREACHABLE" | "SERVER_ERROR";

export type TokenResult = { readonly token: string } | { readonly failure: TokenFailure };

const TOKEN_PATH = "/demo/1/token";
const FAILURES: Readonly<Record<number, TokenFailure>> = { 400: "NAME_REFUSED", 404: "DEMO_OFF", 429: "TOO_MANY" };

/** Asks the platform's demo for a token that proves this person's identity. */
export async function requestToken(fetcher: typeof fetch, person: Person): Promise<TokenResult> {
  const { identity, displayName } = person;
  try {
    const response = await fetcher(TOKEN_PATH, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify(displayName === null ? { identity } : { identity, displayName }),
    });
    if (!response.ok) return { failure: FAILURES[response.status] ?? "SERVER_ERROR" };
    const body: unknown = await response.json();
    const token = typeof body === "object" && body !== null && "token" in body ? body.token : undefined;
    return typeof token === "string" ? { token } : { failure: "SERVER_ERROR" };
  } catch {
    return { failure: "UNREACHABLE" };
  }
}
