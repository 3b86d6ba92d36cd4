import { describe, expect, it } from "vitest";
import { readDeepLink, secondWindowLink } from "../src/model/deep-links";
import { formatDuration } from "../src/model/duration";
import { identityOf, initialsOf, personNamed } from "../src/model/person";

const IDENTITY = /^[\p{L}\p{N}\-_+=/.]{3,64}$/u; // the platform's rule

describe("an identity", () => {
  it.each([
    ["Anna", "anna"],
    ["  Anna   Lindqvist ", "anna-lindqvist"],
    ["Al", "al."],
    ["Zoë O’Brien!", "zoë-o-brien"],
    ["李小龙", "李小龙"],
    ["a".repeat(80), "a".repeat(64)],
  ])("of %j is %j", (name, identity) => {
    expect(identityOf(name)).toBe(identity);
    expect(identity).toMatch(IDENTITY);
  });

  it("is the same however the name is typed", () => {
    expect(identityOf("ANNA of the desk")).toBe(identityOf("Anna of the desk"));
  });

  it.each(["", "   ", "!!!", "—"])("cannot be made of %j", (name) => {
    expect(personNamed(name)).toBeNull();
  });
});

describe("a display name", () => {
  it.each([
    ["Anna", null],
    ["Boris", "Boris"],
    ["Anna  of the desk", "Anna of the desk"],
    ["x".repeat(51), null],
  ])("of %j is %j", (name, displayName) => {
    expect(personNamed(name)?.displayName).toBe(displayName);
  });
});

it("names have initials", () => {
  expect(["Anna", "anna lindqvist", "al.", "李小龙"].map(initialsOf)).toEqual(["A", "AL", "A", "李"]);
});

it("a link fills in a name and where to go", () => {
  expect(readDeepLink("?name=Anna&room=stand-up")).toEqual({ name: "Anna", call: "", room: "stand-up" });
  expect(readDeepLink("")).toEqual({ name: "", call: "", room: "" });
});

it("a second window gets another name and the same destination", () => {
  const first = readDeepLink(secondWindowLink("Anna", { call: "anna" }));
  expect(first).toEqual({ name: "Anna 2", call: "anna", room: "" });
  expect(readDeepLink(secondWindowLink(first.name, { room: "tea & cake" })).name).toBe("Anna 3");
  expect(readDeepLink(secondWindowLink("Anna", { room: "tea & cake" })).room).toBe("tea & cake");
});

it.each([
  [0, "0:00"],
  [67, "1:07"],
  [3723, "1:02:03"],
])("%i seconds are %s", (seconds, shown) => {
  expect(formatDuration(seconds)).toBe(shown);
});
