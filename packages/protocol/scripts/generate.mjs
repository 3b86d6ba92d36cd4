// Writes src/generated.ts from the protocol's schema; with --check it only says whether the file is current.
import { readFile, writeFile } from "node:fs/promises";
import { compile } from "json-schema-to-typescript";

const schemaFile = new URL("../../../protocol/signaling/schema.json", import.meta.url);
const outputFile = new URL("../src/generated.ts", import.meta.url);

const schema = JSON.parse(await readFile(schemaFile, "utf8"));
// The generator writes only what its root refers to, and no message refers to these two.
schema.title = "Definition";
schema.oneOf.push({ $ref: "#/$defs/Results" }, { $ref: "#/$defs/ErrorCode" });
const output = await compile(schema, "Definition", {
  additionalProperties: false,
  unreachableDefinitions: true,
  bannerComment: "// Generated from protocol/signaling/schema.json by `npm run generate`. Do not edit.",
  style: { printWidth: 120 },
});

if (!process.argv.includes("--check")) {
  await writeFile(outputFile, output);
} else if ((await readFile(outputFile, "utf8")) !== output) {
  console.error("packages/protocol/src/generated.ts is out of date: run `npm run generate`.");
  process.exitCode = 1;
}
