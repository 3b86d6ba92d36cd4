import { describe, expect, it, vi } from "vitest";
import { createRingbackRtc, RtcError } from "../src/index.js";
import { signalingUrl } from "../src/signaling/websocket.js";

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
