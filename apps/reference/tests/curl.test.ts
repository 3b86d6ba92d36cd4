import { describe, expect, it } from "vitest";
import { curl, curlOf, exportOf } from "../src/model/curl";
import type { Described, Schema } from "../src/model/document";
import { Examples } from "../src/model/examples";
import { documentWith, json, onlyOperation } from "./documents";

const ORIGIN = "http://127.0.0.1:8080";

function command(described: Partial<Described>, method = "get", path = "/bells", key = ""): string {
  const document = documentWith({}, described, [method, path]);
  return curlOf(new Examples(document), onlyOperation(document), { origin: ORIGIN, key });
}

const NAMED: Schema = {
  type: "object",
  required: ["name"],
  properties: { name: { type: "string", examples: ["East"] } },
};

describe("the command of an operation", () => {
  it("that only reads is short", () => {
    expect(command({})).toBe(`curl ${ORIGIN}/bells \\\n  -H "Authorization: App $API_KEY"`);
  });

  it("has the API key that was pasted, as it is", () => {
    expect(command({}, "get", "/bells", "a$b'c")).toContain(`-H 'Authorization: App a$b'\\''c'`);
  });

  it("sends JSON that can be read", () => {
    expect(command({ requestBody: json(NAMED) }, "post")).toBe(
      [
        `curl ${ORIGIN}/bells`,
        '-H "Authorization: App $API_KEY"',
        '-H "Content-Type: application/json"',
        `-d '{\n    "name": "East"\n  }'`,
      ].join(" \\\n  "),
    );
  });

  it("names the method where curl would take another", () => {
    expect(command({}, "post")).toMatch(/^curl -X POST /);
    expect(command({}, "delete")).toMatch(/^curl -X DELETE /);
    expect(command({ requestBody: json(NAMED) }, "put")).toMatch(/^curl -X PUT /);
  });

  it("has what is required in the address, encoded, and nothing else", () => {
    const parameters = [
      { name: "id", in: "path", required: true, schema: { type: "string", examples: ["a b/c"] } },
      { name: "tone", in: "query", required: true, schema: { enum: ["A"] } },
      { name: "page", in: "query", schema: { type: "integer" } },
      { name: "X-Tower", in: "header", required: true, schema: { type: "string", examples: ["East wing"] } },
    ];
    const made = command({ parameters }, "get", "/bells/{id}");
    expect(made).toMatch(`curl '${ORIGIN}/bells/a%20b%2Fc?tone=A'`);
    expect(made).toContain("-H 'X-Tower: East wing'");
  });

  it.each([
    [[], null],
    [["Basic", "IBSSOTokenHeader"], '-u "$USERNAME:$PASSWORD"'],
    [["IBSSOTokenHeader"], '-H "Authorization: IBSSO $SESSION"'],
    [["WebRTCToken"], '-H "Authorization: Bearer $TOKEN"'],
    [["Basic", "APIKeyHeader"], '-H "Authorization: App $API_KEY"'],
  ])("with the schemes %j has the credentials %j", (schemes, credentials) => {
    const security = schemes.map((scheme) => ({ [scheme]: [] }));
    expect(command({ security })).toBe(
      [`curl ${ORIGIN}/bells`, ...(credentials === null ? [] : [credentials])].join(" \\\n  "),
    );
  });

  it("sends forms and files as what they are", () => {
    const body = (kind: string): Partial<Described> => ({ requestBody: { content: { [kind]: { schema: NAMED } } } });
    expect(command(body("application/x-www-form-urlencoded"), "post")).toContain("--data-urlencode name=East");
    const picture: Schema = {
      type: "object",
      properties: { file: { type: "string", format: "binary" }, kind: { enum: ["PNG"] } },
    };
    const form = { requestBody: { content: { "multipart/form-data": { schema: picture } } } };
    expect(command(form, "post")).toContain("-F file=@file \\\n  -F kind=PNG");
    expect(command(body("image/png"), "put")).toContain('-H "Content-Type: image/png" \\\n  --data-binary @file');
  });

  it("keeps a download in a file", () => {
    const responses = { "200": { content: { "application/octet-stream": {} } } };
    expect(command({ responses })).toMatch(/ -o file$/);
  });
});

describe("the quickstart's commands", () => {
  it("put the key into the shell", () => {
    expect(exportOf("...")).toBe("export API_KEY=...");
    expect(exportOf("two words")).toBe("export API_KEY='two words'");
  });

  it("are made like the others", () => {
    expect(curl("GET", "/bells?page=0", undefined, { origin: ORIGIN, key: "" })).toBe(
      `curl '${ORIGIN}/bells?page=0' \\\n  -H "Authorization: App $API_KEY"`,
    );
  });
});
