import { describe, expect, it } from "vitest";
import { RtcError } from "../src/api/error-code.js";
import { createRingbackRtc } from "../src/index.js";
import { harness } from "./harness.js";

const { client, connect, server } = harness();

const wrong = (value: unknown): never => value as never;

describe("what cannot be meant is refused where it is said", () => {
  it.each([
    ["an identity that is a number", () => client().callWebrtc(wrong(17)), "The identity is to be a text, not number."],
    ["an identity that is empty", () => client().callWebrtc(""), "The identity is empty."],
    ["no phone number", () => client().callPhone(wrong(undefined)), "The phone number is to be a text, not undefined."],
    ["no Viber number", () => client().callViber("4179", wrong(null)), "The Viber number is to be a text, not null."],
    ["a room without a name", () => client().joinRoom(""), "The room's name is empty."],
    ["a name without end", () => client().joinRoom("x".repeat(256)), "The room's name is longer than 255 characters."],
    ["no configuration", () => client().callApplication(""), "The calls configuration is empty."],
    [
      "options that are a text",
      () => client().callWebrtc("bob", wrong("video")),
      "Options are to be an object, not string.",
    ],
    [
      "a flag that is none",
      () => client().joinRoom("standup", { video: wrong("yes") }),
      "The option video is to be true or false, not string.",
    ],
    ["half a letter", () => client().callWebrtc("bob\ud83d"), "The identity has half of a surrogate pair."],
    [
      "data that is no text",
      () => client().callWebrtc("bob", { customData: { order: wrong(17) } }),
      'Custom data "order" is to be a text, not number.',
    ],
    [
      "data with half a letter",
      () => client().joinRoom("standup", { customData: { order: "\udc00" } }),
      'Custom data "order" has half of a surrogate pair.',
    ],
    [
      "data that is a text",
      () => client().joinRoom("standup", { customData: wrong("17") }),
      "Custom data is to be an object, not string.",
    ],
    [
      "too much data",
      () => client().callPhone("4179", { customData: { order: "é".repeat(2_043) } }),
      "Custom data has at most 4096 bytes as JSON, and this 4098.",
    ],
    [
      "a handler that is none",
      () => client().on("connected", wrong("log")),
      'The handler of "connected" is no function.',
    ],
    ["no token", () => createRingbackRtc(""), "A token is needed, or a function that fetches one."],
  ])("%s", (_, say, description) => {
    expect(say).toThrow(RtcError);
    expect(say).toThrow(`INVALID_REQUEST: ${description}`);
  });

  it("and as much data as may be is taken", async () => {
    await connect();
    client().joinRoom("standup", { customData: { order: "é".repeat(2_042) } });
    await server().hears("room.join");
    server().ignores("room.join");
  });

  it("and options that are missing are none", async () => {
    await connect();
    client().joinRoom("standup", wrong(null));
    await server().hears("room.join", { microphone: true, camera: false });
    server().ignores("room.join");
  });
});
