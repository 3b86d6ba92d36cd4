import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "vite";
import { afterAll, beforeAll, expect, it } from "vitest";

// The package as an application gets it: packed from the last build, installed where nothing else is, without a network.

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const TOOLS = fileURLToPath(new URL("../../../node_modules", import.meta.url));
const run = promisify(execFile);
let project: string;

const PROGRAM = `
import { CallsApiEvent, createRingbackRtc, type RingbackRtc, RtcEvent } from "@ringback/rtc";
import * as infobip from "@ringback/rtc/infobip";

export async function start(token: string, play: (stream: MediaStream) => void): Promise<RingbackRtc> {
  const rtc = createRingbackRtc(token, { url: "https://calls.example.com" });
  rtc.on(RtcEvent.INCOMING_WEBRTC_CALL, ({ incomingCall }) => incomingCall.accept());
  await rtc.connect();
  const call = rtc.callWebrtc("kitchen");
  call.on(CallsApiEvent.ESTABLISHED, ({ stream }) => play(stream));
  const same: typeof CallsApiEvent = infobip.CallsApiEvent;
  void same;
  return rtc;
}
`;

const TEST_PROGRAM = `
import { createFakeRtc } from "@ringback/rtc/testing";

const { rtc, server } = createFakeRtc();
const connected = rtc.connect();
await server.welcomes({ identity: "anna" });
await connected;
if (rtc.connectedUser()?.identity !== "anna") throw new Error("The fakes do not connect");
rtc.disconnect();
`;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "ringback-package-"));
  await run("npm", ["pack", "--silent", "--pack-destination", project], { cwd: PACKAGE });
  const tarball = (await readdir(project)).find((name) => name.endsWith(".tgz"));
  await writeFile(join(project, "package.json"), JSON.stringify({ name: "shop", private: true, type: "module" }));
  await run("npm", ["install", "--offline", "--no-audit", "--no-fund", `./${tarball}`], { cwd: project });
  await mkdir(join(project, "src"));
  await writeFile(join(project, "src/main.ts"), PROGRAM);
  await writeFile(join(project, "src/main.test.ts"), TEST_PROGRAM);
}, 60_000);

afterAll(() => rm(project, { recursive: true }));

it("brings what it needs and nothing else", async () => {
  const installed = await readdir(join(project, "node_modules"));
  expect(installed.filter((name) => !name.startsWith("."))).toEqual(["@ringback"]);
  expect(await readdir(join(project, "node_modules/@ringback"))).toEqual(["rtc"]);
  expect(await readdir(join(project, "node_modules/@ringback/rtc"))).toEqual([
    "LICENSE",
    "README.md",
    "dist",
    "package.json",
  ]);
});

it.each([
  { module: "ESNext", moduleResolution: "bundler" },
  { module: "Node16", moduleResolution: "node16" },
])(
  "has types for $moduleResolution",
  async (resolution) => {
    const compilerOptions = {
      ...resolution,
      target: "ES2022",
      lib: ["ES2022", "DOM"],
      types: [],
      strict: true,
      noEmit: true,
    };
    await writeFile(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["src"] }));
    const { stdout } = await run(process.execPath, [join(TOOLS, "typescript/bin/tsc"), "--project", project]).catch(
      (failed: { stdout: string }) => failed,
    );
    expect(stdout).toBe("");
  },
  60_000,
);

it("is bundled, and what is not used is left out", async () => {
  await build({
    root: project,
    configFile: false,
    logLevel: "error",
    build: { lib: { entry: "src/main.ts", formats: ["es"], fileName: "main" } },
  });
  const bundle = await readFile(join(project, "dist/main.js"), "utf8");
  expect(bundle).toContain("call.start");
  expect(bundle).not.toContain("The client also said"); // the fakes
}, 60_000);

it.each(["@ringback/rtc", "@ringback/rtc/infobip", "@ringback/rtc/testing"])(
  "%s is imported where there is no page",
  async (entry) => {
    const program = `import * as sdk from "${entry}"; console.log(typeof sdk, typeof window)`;
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", program], { cwd: project });
    expect(stdout.trim()).toBe("object undefined");
  },
);

it("has fakes that run in Node", async () => {
  await run(process.execPath, ["--input-type=module", "--eval", TEST_PROGRAM], { cwd: project });
});
