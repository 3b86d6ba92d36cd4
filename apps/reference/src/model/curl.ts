import type { Examples } from "./examples";
import type { Operation } from "./operations";

/** What a command needs to know besides the operation. */
export interface Caller {
  /** The server's origin. */
  readonly origin: string;
  /** The API key; without one, the command has a variable of the shell. */
  readonly key: string;
}

const PLAIN = /^[\w@%+=:,./-]+$/;

/** The operation as a command for a shell, with an example of everything that it needs. */
export function curlOf(examples: Examples, operation: Operation, caller: Caller): string {
  const { method, parameters, body, schemes, answers } = operation;
  const headers = parameters.filter((one) => one.in === "header" && one.required);
  const given = answers[0]?.content?.kind;
  return command(method, caller.origin + pathOf(examples, operation), [
    ...credentials(schemes, caller.key),
    ...headers.map(({ name, schema }) => `-H ${quoted(`${name}: ${String(examples.sent(schema, name))}`)}`),
    ...(body === null ? [] : data(body.kind, body.example ?? examples.sent(body.schema))),
    ...(given === undefined || given.includes("json") ? [] : ["-o file"]),
  ]);
}

/** A request with an API key and perhaps a body. */
export function curl(method: string, path: string, body: unknown, { origin, key }: Caller): string {
  return command(method, origin + path, [
    ...credentials(["APIKeyHeader"], key),
    ...(body === undefined ? [] : data("application/json", body)),
  ]);
}

/** The command that puts the key into the variable that the other commands use. */
export function exportOf(key: string): string {
  return `export API_KEY=${quoted(key)}`;
}

function command(method: string, url: string, options: readonly string[]): string {
  const posts = options.some((option) => /^(-d|-F|--data)/.test(option)); // curl itself takes POST then
  const start = method === (posts ? "POST" : "GET") ? "curl" : `curl -X ${method}`;
  return [`${start} ${quoted(url)}`, ...options].join(" \\\n  ");
}

function data(kind: string, body: unknown): readonly string[] {
  if (kind.includes("json")) {
    const json = JSON.stringify(body, null, 2).replaceAll("\n", "\n  "); // in line with the options above
    return [`-H "Content-Type: ${kind}"`, `-d ${quoted(json)}`];
  }
  const fields = Object.entries(body !== null && typeof body === "object" ? body : {});
  if (kind.includes("multipart")) return fields.map(([name, value]) => `-F ${quoted(`${name}=${value}`)}`);
  if (kind.includes("urlencoded"))
    return fields.map(([name, value]) => `--data-urlencode ${quoted(`${name}=${value}`)}`);
  return [`-H "Content-Type: ${kind}"`, "--data-binary @file"];
}

function pathOf(examples: Examples, { path, parameters }: Operation): string {
  const query: string[] = [];
  let filled = path;
  for (const { name, in: place, schema, required } of parameters) {
    const value = encodeURIComponent(String(examples.sent(schema, name)));
    if (place === "path") filled = filled.replace(`{${name}}`, value);
    if (place === "query" && required) query.push(`${name}=${value}`);
  }
  return query.length === 0 ? filled : `${filled}?${query.join("&")}`;
}

function credentials(schemes: readonly string[], key: string): readonly string[] {
  if (schemes.includes("APIKeyHeader")) {
    return [key === "" ? '-H "Authorization: App $API_KEY"' : `-H ${quoted(`Authorization: App ${key}`)}`];
  }
  if (schemes.includes("Basic")) return ['-u "$USERNAME:$PASSWORD"'];
  if (schemes.includes("IBSSOTokenHeader")) return ['-H "Authorization: IBSSO $SESSION"'];
  if (schemes.includes("WebRTCToken")) return ['-H "Authorization: Bearer $TOKEN"'];
  return [];
}

function quoted(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
