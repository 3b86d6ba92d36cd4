import { expect, it } from "vitest";
import readme from "../README.md?raw";
import example from "./readme-example.ts?raw";

it("shows the quickstart that is compiled", () => {
  expect(/```ts\n(.*?)```/s.exec(readme)?.[1]).toBe(example);
});
