import type { RingbackRtc, RtcOptions } from "./api/client.js";

/**
 * Makes a client for the user whom the token names. Nothing happens before `connect()`.
 *
 * @throws TypeError when there is no `url` and no page to take it from, or it is no URL.
 */
export function createRingbackRtc(_token: string, _options: RtcOptions = {}): RingbackRtc {
  throw new Error("Not built yet.");
}
