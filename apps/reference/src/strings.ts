/** Every word a person reads on this page, besides those of the API's own document. */

import type { Kind } from "./model/fields";

export const text = {
  product: "Ringback",
  title: "Ringback API",
  heading: "API reference",
  skipToContent: "Skip to content",
  navigation: "Chapters and operations",
  menu: "All chapters and operations",
  document: "OpenAPI",
  start: "Start here",
  search: "Find an operation or field",
  searchHint: "Press / to search",
  nothingFound: "Nothing has all these words.",
  found: (count: number) => (count === 1 ? "1 operation" : `${count} operations`),
  loading: "Reading the description of this server…",
  failed: "The server does not give its description. Is it running? Load this page again to try once more.",
  unknown: "There is no such operation on this server.",
  toQuickstart: "To the quickstart",
  copy: "Copy",
  copied: "Copied",
  key: "API key",
  putKey: "Put your API key into the command",
  keyHint:
    "Paste it, and every command on this page has it. It stays in the memory of this page: it is not stored, and not sent anywhere.",
  request: "Request",
  answer: (status: string) => `Answer ${status}`,
  emptyAnswer: "This answer has no body.",
  fileAnswer: "The body is the file itself.",
  inTheShell: "In the shell",
  credentials: "Credentials",
  noCredentials: "None are needed.",
  scope: "Scope",
  scopes: "One of the scopes",
  anyScope: "None is needed.",
  limit: "Limit",
  limitOf: (limit: string) => {
    const [requests = "", time = ""] = limit.split("/");
    return `${requests} ${requests === "1" ? "request" : "requests"} each ${time}, for the whole account`;
  },
  repeat: "Safe to repeat",
  repeatable: "With an `Idempotency-Key`.",
  how: "How?",
  rulesOfRepeating: "How to repeat a request safely",
  parameters: "Parameters",
  body: "Body",
  answerFields: "Answer",
  errors: "Errors",
  noFields: "It has no fields that are known beforehand.",
  instead: (name: string) => `If it is ${name}`,
  required: "required",
  mayBeAbsent: "may be absent",
  deprecated: "deprecated",
  places: { path: "in the path", query: "in the query", header: "header" } as Readonly<Record<string, string>>,
  again: (name: string) => `${name}, as above`,
  oneOf: "One of",
  characters: (from: number | null, to: number | null) => span(from, to, "character", "characters"),
  values: (from: number | null, to: number | null) =>
    from === null ? `At most ${to}` : to === null ? `At least ${from}` : `${from} to ${to}`,
  items: (from: number | null, to: number | null) => span(from, to, "entry", "entries"),
  pattern: "Pattern",
  usual: "Default",
} as const;

function span(from: number | null, to: number | null, one: string, more: string): string {
  if (to === null) return `At least ${from} ${from === 1 ? one : more}`;
  if (from === null || from === 0) return `At most ${to} ${to === 1 ? one : more}`;
  return from === to ? `${to} ${to === 1 ? one : more}` : `${from} to ${to} ${more}`;
}

export const kinds: Readonly<Record<Kind, string>> = {
  string: "string",
  integer: "integer",
  number: "number",
  boolean: "boolean",
  object: "object",
  list: "list of",
  map: "map of name to",
  "date-time": "date and time",
  binary: "file",
  anything: "any value",
};

export const schemes: Readonly<Record<string, string>> = {
  APIKeyHeader: "API key",
  Basic: "username and password",
  IBSSOTokenHeader: "session token",
  OAuth2: "access token",
  WebRTCToken: "WebRTC token",
};

/** One step of the quickstart; without a method, it is told what to do in the shell. */
export interface Step {
  readonly title: string;
  readonly text: string;
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  /** Null, where the answer has no body. */
  readonly answer: unknown;
}

export const quickstart = {
  title: "Quickstart",
  lead: "From an API key to a token that people call with, in five commands. They are for this server, and ready to paste into a terminal.",
  keyTitle: "1. Take the API key",
  keyText:
    "The server printed one when it started for the first time. `ringback api-key create --name backend` makes another. Give it to your backend only: it opens the whole account.",
  next: "What comes next",
  nextText:
    "Hand the token to your page or app, and it can call with the SDK. Before you build more, read the ground rules once: errors, lists, and how to repeat a request safely are the same everywhere.",
  more: "All about it",
  toRules: "Ground rules",
  steps: [
    {
      title: "2. Make a token",
      text: "One for each person who calls. The identity is yours to choose; others call it. Do this in your backend, when somebody signs in there.",
      operation: "generate-webrtc-token",
      method: "POST",
      path: "/webrtc/1/token",
      body: { identity: "alice", displayName: "Alice" },
      answer: { token: "eyJhbGciOiJIUzI1NiJ9…", expirationTime: "2026-01-31T20:00:00.000Z" },
    },
    {
      title: "3. Create an application",
      text: "Applications divide an account, by product or by environment. You can do without; then everything belongs to the account as a whole.",
      operation: "create-application",
      method: "POST",
      path: "/provisioning/1/applications",
      body: { applicationId: "shop", applicationName: "Web shop" },
      answer: null,
    },
    {
      title: "4. List the applications",
      text: "Lists come in pages. The first one is page 0.",
      operation: "get-applications",
      method: "GET",
      path: "/provisioning/1/applications?page=0&size=20",
      answer: {
        results: [{ applicationId: "default" }, { applicationId: "shop", applicationName: "Web shop" }],
        paging: { page: 0, size: 20, totalPages: 1, totalResults: 2 },
      },
    },
    {
      title: "5. Revoke the token",
      text: "Tokens expire by themselves. When somebody may not call any longer, do not wait for that: within a second their connections end, and their calls with them.",
      operation: "create-webrtc-revocation",
      method: "POST",
      path: "/webrtc/1/revocations",
      body: { identity: "alice" },
      answer: { identity: "alice", revokedAt: "2026-01-31T12:00:00.000+0000", endedSessions: 1 },
    },
  ] satisfies readonly Step[],
} as const;

/** A chapter of the ground rules. A paragraph is text; `code` in it stands between backticks. */
export interface Rule {
  readonly title: string;
  readonly text: readonly string[];
  readonly example?: unknown;
}

export const rules = {
  title: "Ground rules",
  lead: "What is the same for every operation, so that it is said only once.",
  authentication: "Who you are",
  authenticationText: [
    "Every request says who sends it, in the header `Authorization`. Backends use an API key. People who administer an account sign in with username and password, and get a session or access token.",
    "Each operation names the credentials that it takes and the scopes that open it; one of the scopes is enough. What is missing or wrong is answered with 401, what is not allowed with 403.",
  ],
  chapters: [
    {
      title: "Errors",
      text: [
        "An error has a status of 400 or more and says in words what is wrong. `validationErrors` names each field. Another account's id is a 404, like an id that nobody has.",
        "Most operations answer with this body:",
      ],
      example: {
        requestError: {
          serviceException: {
            messageId: "BAD_REQUEST",
            text: "Bad request",
            validationErrors: { identity: ["must not be null"] },
          },
        },
      },
    },
    {
      title: "The other error",
      text: ["Some operations answer with this one instead. Their pages show it."],
      example: {
        errorCode: "E400",
        description: "Bad request",
        action: "Correct the fields that are named.",
        violations: [{ property: "identity", violation: "must not be null" }],
        resources: [],
      },
    },
    {
      title: "Lists",
      text: [
        "Lists come in pages. `page` counts from 0, `size` is how many you want. The answer repeats both and has the totals, in `pageInfo` or in `paging`. A page past the end has no results.",
      ],
      example: { results: [], paging: { page: 3, size: 20, totalPages: 2, totalResults: 31 } },
    },
    {
      title: "Repeat safely",
      text: [
        "When you do not know whether a request arrived, send it again with the same `Idempotency-Key`: any text that you make up for this one request. For 24 hours it is carried out once and answered alike. A repeated answer carries `Idempotency-Replayed: true`. The same key for another request is a 422. Operations that create something take the key; their pages say so.",
      ],
    },
    {
      title: "Limits",
      text: [
        "Some operations may be used so many times a second by one account; their pages say how often. More is answered with 429, and `Retry-After` says how many seconds to wait. So does a 503, when the server has too much to do. A body may have 256 KiB, unless its operation says otherwise.",
      ],
    },
    {
      title: "Dates, nulls, unknown fields",
      text: [
        "Moments are UTC and look like `2026-01-31T12:00:00.000+0000`. Other ISO 8601 forms are understood. `null` means the same as leaving the field out. Fields that the server does not know are ignored; unknown values of an enumeration are refused.",
      ],
    },
    {
      title: "Find a request again",
      text: [
        "Every answer has an `X-Request-Id`. Send one of your own, up to 64 letters, digits, dots, dashes or underscores, and it is kept. Whoever runs this server finds the request by it in the log.",
      ],
    },
    {
      title: "For programs",
      text: [
        "This page draws `/openapi.json`, an OpenAPI 3.1 document of what this server enforces. Generators and tools can read it too; `/platform/1/openapi/webrtc-calls` and its like hold one product each.",
      ],
    },
  ] satisfies readonly Rule[],
} as const;
