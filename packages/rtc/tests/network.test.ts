import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { watchNetwork } from "../src/signaling/network.js";

let browser: EventTarget;
let information: EventTarget & { type?: string };
const found = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  found.mockReset();
  browser = new EventTarget();
  information = new EventTarget();
  vi.stubGlobal("addEventListener", browser.addEventListener.bind(browser));
  vi.stubGlobal("removeEventListener", browser.removeEventListener.bind(browser));
  vi.stubGlobal("navigator", { connection: information });
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const comesOnline = () => browser.dispatchEvent(new Event("online"));

function hasType(type: string): void {
  information.type = type;
  information.dispatchEvent(new Event("change"));
}

describe("the browser's network", () => {
  it("is found once when it is told in several events", () => {
    watchNetwork(found);
    comesOnline();
    hasType("cellular");
    expect(found).not.toHaveBeenCalled();
    vi.advanceTimersByTime(100);
    expect(found).toHaveBeenCalledOnce();
    comesOnline();
    vi.advanceTimersByTime(100);
    expect(found).toHaveBeenCalledTimes(2);
  });

  it("is another one when its type is, and the same one when only its speed has changed", () => {
    information.type = "wifi";
    watchNetwork(found);
    hasType("wifi");
    hasType("none");
    vi.advanceTimersByTime(1_000);
    expect(found).not.toHaveBeenCalled();
    hasType("cellular");
    vi.advanceTimersByTime(100);
    expect(found).toHaveBeenCalledOnce();
  });

  it("is watched until nobody wants to know", () => {
    const unwatch = watchNetwork(found);
    comesOnline();
    unwatch();
    comesOnline();
    hasType("wifi");
    vi.advanceTimersByTime(1_000);
    expect(found).not.toHaveBeenCalled();
  });

  it("is left alone where there is none", () => {
    vi.stubGlobal("addEventListener", undefined);
    vi.stubGlobal("removeEventListener", undefined);
    vi.stubGlobal("navigator", undefined);
    expect(watchNetwork(found)).not.toThrow();
  });
});
