// Prints the SDK's tables of states as JSON, for tools/reference.py: lists of [state, event, next state, commands].
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const load = async (path) => (await runnerImport(fileURLToPath(new URL(path, import.meta.url)))).module;

const { STEPS } = await load("../src/calls/life.ts");
const { CallStatus } = await load("../src/api/enums.ts");
const { CONNECTIVITY_STEPS } = await load("../src/calls/connectivity.ts");

const life = Object.entries(STEPS).flatMap(([from, steps]) =>
  Object.entries(steps).map(([event, to]) => [CallStatus[from], event, CallStatus[to], []]),
);
const connectivity = Object.entries(CONNECTIVITY_STEPS).flatMap(([from, steps]) =>
  Object.entries(steps).map(([event, { to, commands }]) => [from, event, to, commands]),
);
console.log(JSON.stringify({ life, connectivity }));
