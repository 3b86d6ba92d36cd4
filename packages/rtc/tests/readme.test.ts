import { expect, it } from "vitest";
import testing from "../../../docs/howto/sdk/testing.md?raw";
import readme from "../README.md?raw";
import example from "./readme-example.ts?raw";
import testingExample from "./testing-example.test.ts?raw";

it.each([
  ["README.md", readme, example],
  ["docs/howto/sdk/testing.md", testing, testingExample],
])("%s shows the example that is compiled", (_, document, code) => {
  expect(/```ts\n(.*?)```/s.exec(document)?.[1]).toBe(code);
});
