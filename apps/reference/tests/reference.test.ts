import { describe, expect, it } from "vitest";
import { piecesOf } from "../src/model/colours";
import type { Described, Document } from "../src/model/document";
import { linkTo, QUICKSTART, Reference, RULES } from "../src/model/reference";
import { documentWith, json } from "./documents";

const DESCRIBED: Partial<Described> = {
  description: "So that everybody comes.",
  requestBody: json({ type: "object", properties: { loudness: { type: "integer" } } }),
  parameters: [
    { name: "Idempotency-Key", in: "header", schema: { type: "string" } },
    { name: "page", in: "query", schema: { type: "integer" } },
  ],
  responses: { "200": { description: "OK." }, "404": { $ref: "#/components/responses/Missing" } },
  "x-scopes": ["bells:ring"],
  "x-rate-limit": "2/second",
};

function documentHere(): Document {
  const document = documentWith({}, DESCRIBED);
  const missing = { description: "Not found", content: { "application/json": { example: { code: 404 } } } };
  return { ...document, components: { responses: { Missing: missing } } };
}

async function loaded(answer: () => Response = () => Response.json(documentHere())): Promise<Reference> {
  const reference = new Reference({ origin: "http://here", fetch: async () => answer(), hash: () => "" });
  await reference.load();
  return reference;
}

describe("the reference", () => {
  it("knows the operations of the server, with what their pages show", async () => {
    const reference = await loaded();
    expect(reference.find("ring-bell")).toMatchObject({
      product: "towers",
      method: "POST",
      path: "/towers/1/bells",
      title: "Ring a bell",
      schemes: ["APIKeyHeader"],
      scopes: ["bells:ring"],
      limit: "2/second",
      repeatable: true,
      parameters: [{ name: "page" }],
      answers: [{ status: "200", content: null }],
      errors: [{ status: "404", text: "Not found", content: { example: { code: 404 } } }],
    });
  });

  it("says when the server gives no description", async () => {
    for (const answer of [() => new Response("", { status: 503 }), () => new Response("<html>")]) {
      const reference = await loaded(answer);
      expect(reference.failed.value).toBe(true);
      expect(reference.api.value).toBeNull();
    }
  });

  it("shows what its address says, and stays there for places within a chapter", () => {
    let hash = "";
    const reference = new Reference({ origin: "", fetch: () => Promise.reject(), hash: () => hash });
    expect(reference.shown.value).toBe(QUICKSTART);
    for (const [now, shown] of [
      [linkTo(RULES), RULES],
      ["#content", RULES],
      [linkTo("ring-bell"), "ring-bell"],
      ["", QUICKSTART],
    ] as const) {
      hash = now;
      reference.follow();
      expect(reference.shown.value).toBe(shown);
    }
  });

  it.each(["", "ring", "LOUD bell", "post towers", "everybody", "page"])("finds the operation by %j", async (words) => {
    const reference = await loaded();
    reference.words.value = words;
    expect(reference.found.value.flatMap(({ operations }) => operations).map(({ id }) => id)).toEqual(["ring-bell"]);
  });

  it("finds nothing by words that are nowhere", async () => {
    const reference = await loaded();
    reference.words.value = "ring fax";
    expect(reference.found.value).toEqual([]);
  });
});

describe("coloured code", () => {
  it.each([
    ["json", '{"a": "b: \\"c\\"", "d": [1, -2.5e3, true, null]}'],
    ["shell", `export A='b'\ncurl -X POST http://here \\\n  -H "C: d" \\\n  -d '{"e": '\\''f'\\''}'`],
  ] as const)("in %s is the same code", (language, code) => {
    const pieces = piecesOf(code, language);
    expect(pieces.map(({ text }) => text).join("")).toBe(code);
    expect(new Set(pieces.map(({ part }) => part)).size).toBeGreaterThan(3);
  });

  it("tells names from values", () => {
    expect(piecesOf('{"a": "b"}', "json").filter(({ part }) => part !== "plain")).toEqual([
      { part: "key", text: '"a"' },
      { part: "string", text: '"b"' },
    ]);
  });
});
