import packageJson from "../package.json" with { type: "json" };
import type { RingbackRtc, RtcOptions } from "./api/client.js";
import { consoleLog } from "./log.js";
import { createBrowserMedia } from "./media/browser-media.js";
import { listDevices } from "./media/devices.js";
import { observeSize } from "./media/element-size.js";
import { RtcClient } from "./rtc-client.js";
import { openWebSocket, signalingUrl, watchNetwork } from "./signaling/websocket.js";

/** What the SDK calls itself towards the platform. */
const CLIENT = { name: "ringback-rtc", version: packageJson.version };

/**
 * Makes a client for the user whom the token names. Nothing happens before `connect()`.
 *
 * @param token - proves an identity; the application's backend gets it from the platform
 * @throws TypeError when `url` is no URL, or is missing where there is no page to take it from.
 */
export function createRingbackRtc(token: string, options: RtcOptions = {}): RingbackRtc {
  const base = options.url ?? globalThis.location?.origin;
  if (base === undefined) throw new TypeError("Outside of a page the option url is needed.");
  return new RtcClient(
    signalingUrl(base),
    { token, client: CLIENT },
    {
      openSocket: openWebSocket,
      watchNetwork,
      createMedia: createBrowserMedia,
      observeSize,
      listDevices,
      now: () => new Date(),
      random: Math.random,
      log: consoleLog(options.debug ?? false),
    },
  );
}
