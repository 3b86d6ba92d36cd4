import { describe, expect, it, vi } from "vitest";
import { createRingbackRtc, RtcError } from "../src/index.js";
import { signalingUrl, watchNetwork } from "../src/signaling/websocket.js";

describe("the place of the signaling", () => {
  it.each([
    ["https://calls.example.com", "wss://calls.example.com/rtc/v1"],
    ["http://127.0.0.1:8080/", "ws://127.0.0.1:8080/rtc/v1"],
    ["wss://calls.example.com/base/", "wss://calls.example.com/base/rtc/v1"],
    ["ws://[::1]:8080", "ws://[::1]:8080/rtc/v1"],
  ])("of %s is %s", (base, url) => {
    expect(signalingUrl(base)).toBe(url);
  });

  it("is on nothing but the web", () => {
    expect(() => signalingUrl("ftp://calls.example.com")).toThrow(RtcError);
    expect(() => signalingUrl("calls.example.com")).toThrow(RtcError);
  });

  it("is the page's origin when none is given", () => {
    expect(() => createRingbackRtc("token")).toThrow(RtcError);
    const opened: string[] = [];
    vi.stubGlobal("location", { origin: "https://page.example.com" });
    vi.stubGlobal(
      "WebSocket",
      class extends EventTarget {
        constructor(url: string, protocol: string) {
          super();
          opened.push(url, protocol);
        }
      },
    );
    void createRingbackRtc("token").connect();
    vi.unstubAllGlobals();
    expect(opened).toEqual(["wss://page.example.com/rtc/v1", "ringback.rtc.v1"]);
  });
});

describe("the browser's network", () => {
  it("is watched until nobody wants to know", () => {
    const browser = new EventTarget();
    vi.stubGlobal("addEventListener", browser.addEventListener.bind(browser));
    vi.stubGlobal("removeEventListener", browser.removeEventListener.bind(browser));
    const found = vi.fn();
    const unwatch = watchNetwork(found);
    browser.dispatchEvent(new Event("online"));
    unwatch();
    browser.dispatchEvent(new Event("online"));
    vi.unstubAllGlobals();
    expect(found).toHaveBeenCalledOnce();
  });

  it("is left alone where there is none", () => {
    vi.stubGlobal("addEventListener", undefined);
    vi.stubGlobal("removeEventListener", undefined);
    expect(watchNetwork(() => {})).not.toThrow();
    vi.unstubAllGlobals();
  });
});
