import { describe, expect, it } from "vitest";
import {
  CONNECTIVITY_STEPS,
  type Connectivity,
  type ConnectivityCommand,
  type ConnectivityEvent,
} from "../src/calls/connectivity.js";

const STATES = Object.keys(CONNECTIVITY_STEPS) as Connectivity[];
const EVENTS: readonly ConnectivityEvent[] = [
  "flows",
  "pathLost",
  "networkChanged",
  "mediaLost",
  "givenUp",
  "rejoined",
  "entered",
  "ended",
];

/** What is done when these things happen, in order. */
function after(...events: ConnectivityEvent[]): ConnectivityCommand[] {
  let state: Connectivity = "NEW";
  return events.flatMap((event) => {
    const step = CONNECTIVITY_STEPS[state][event];
    state = step?.to ?? state;
    return [...(step?.commands ?? [])];
  });
}

describe("the connectivity of a call", () => {
  it("is told of once per loss, however many ways are tried", () => {
    expect(after("flows", "pathLost", "pathLost", "mediaLost", "pathLost", "flows", "flows")).toEqual([
      "tellReconnecting",
      "probe",
      "restart",
      "probe",
      "restart",
      "rebuild",
      "probe",
      "restart",
      "tellReconnected",
    ]);
  });

  it("is not told of before media flows for the first time", () => {
    expect(after("pathLost", "mediaLost", "flows")).toEqual(["probe", "restart", "rebuild"]);
  });

  it("looks for new paths in another network, and tells nothing of it", () => {
    expect(after("flows", "networkChanged", "networkChanged")).toEqual(["restart", "restart"]);
  });

  it("comes back with the next call only after the platform has said who is in it, and packets arrive", () => {
    const rejoined = ["flows", "givenUp", "flows", "pathLost", "mediaLost", "rejoined", "flows"] as const;
    expect(after(...rejoined)).toEqual(["tellReconnecting", "rejoin", "rebuild"]);
    expect(after(...rejoined, "entered", "flows").at(-1)).toBe("tellReconnected");
  });

  it("cannot be given up before it was there: then there is nothing to come back to", () => {
    expect(CONNECTIVITY_STEPS.NEW.givenUp).toBeUndefined();
  });

  it("ends from everywhere, and does nothing afterwards", () => {
    for (const state of STATES) {
      if (state !== "ENDED") expect(CONNECTIVITY_STEPS[state].ended).toEqual({ to: "ENDED", commands: [] });
    }
    expect(CONNECTIVITY_STEPS.ENDED).toEqual({});
  });

  it("tells that it is lost exactly where it leaves CONNECTED, and that it is back exactly where it returns", () => {
    for (const state of STATES) {
      for (const event of EVENTS) {
        const step = CONNECTIVITY_STEPS[state][event];
        if (step === undefined || step.to === "ENDED") continue;
        const [wasFlowing, flows] = [state === "CONNECTED", step.to === "CONNECTED"];
        expect(step.commands.includes("tellReconnecting")).toBe(wasFlowing && !flows);
        expect(step.commands.includes("tellReconnected")).toBe(!wasFlowing && flows && state !== "NEW");
      }
    }
  });
});
