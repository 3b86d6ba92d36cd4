import { CallsApiEvent, type RingbackRtc, RtcEvent } from "@ringback/rtc";
import { createFakeRtc } from "@ringback/rtc/testing";
import { expect, it } from "vitest";

/** The application: a desk that answers whoever calls about an order, and notes how it went. */
function serveTheDesk(rtc: RingbackRtc, notes: string[]): void {
  rtc.on(RtcEvent.INCOMING_WEBRTC_CALL, ({ incomingCall, customData }) => {
    incomingCall.on(CallsApiEvent.HANGUP, ({ errorCode }) => notes.push(`${customData.order}: ${errorCode.name}`));
    if (customData.order === undefined) incomingCall.decline();
    else incomingCall.accept();
  });
}

const CALL = "5f0c2a51-6f4e-4c8e-9d6e-0d2f6c1b7a01";

it("notes the order of a caller who gives up", async () => {
  const { rtc, server, media } = createFakeRtc();
  const notes: string[] = [];
  serveTheDesk(rtc, notes);
  const connected = rtc.connect();
  await server.welcomes({ identity: "desk" });
  await connected;

  await server.says({
    type: "call.incoming",
    callId: CALL,
    from: { type: "WEBRTC", identity: "anna", displayName: "Anna" },
    camera: false,
    customData: { order: "17" },
  });
  await server.hears("call.accept", { callId: CALL });
  await server.replies("call.accept", {});
  expect(media().microphone).toBe(true);

  const reason = { id: 10000, name: "NORMAL_HANGUP", description: "The call was ended by one of its sides." };
  await server.says({ type: "call.ended", callId: CALL, reason });

  expect(notes).toEqual(["17: NORMAL_HANGUP"]);
  expect(media().closed).toBe(true);
});
