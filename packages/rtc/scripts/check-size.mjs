// Fails when the built SDK is larger than its budget.
import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";

/** What an application may have to load for calls, in bytes of gzip. */
const BUDGET = 60_000;

const size = gzipSync(await readFile(new URL("../dist/index.js", import.meta.url))).length;
console.log(`dist/index.js is ${size} bytes of gzip; the budget is ${BUDGET}.`);
if (size > BUDGET) process.exitCode = 1;
