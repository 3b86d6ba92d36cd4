import packageJson from "../package.json" with { type: "json" };
import type { RingbackRtc, RtcOptions, TokenProvider } from "./api/client.js";
import { invalidArgument } from "./api/error-code.js";
import { consoleLog } from "./log.js";
import { createBrowserMedia } from "./media/browser-media.js";
import { devicePermissions, listDevices, watchDevices } from "./media/devices.js";
import { observeSize } from "./media/element-size.js";
import { watchClicks } from "./media/playback.js";
import { RtcClient } from "./rtc-client.js";
import { watchNetwork } from "./signaling/network.js";
import { openWebSocket, signalingUrl } from "./signaling/websocket.js";

/** What the SDK calls itself towards the platform. */
const CLIENT = { name: "ringback-rtc", version: packageJson.version };

/**
 * Makes a client for the user whom the token names. Nothing happens before `connect()`.
 *
 * @param token - proves an identity; the application's backend gets it from the platform. A function that fetches one is
 * asked again before the last token expires, so that the client stays connected for as long as the page is open
 * @throws RtcError of `INVALID_REQUEST` when there is no token, when `url` is no URL, or is missing where there is no page to
 * take it from.
 */
export function createRingbackRtc(token: string | TokenProvider, options: RtcOptions = {}): RingbackRtc {
  if (typeof token !== "function" && (typeof token !== "string" || token === "")) {
    throw invalidArgument("A token is needed, or a function that fetches one.");
  }
  const base = options.url ?? globalThis.location?.origin;
  if (base === undefined) throw invalidArgument("Outside of a page the option url is needed.");
  return new RtcClient(
    signalingUrl(base),
    { token, client: CLIENT },
    {
      openSocket: openWebSocket,
      watchNetwork,
      createMedia: createBrowserMedia,
      observeSize,
      listDevices,
      watchDevices,
      devicePermissions,
      watchClicks,
      now: () => new Date(),
      random: Math.random,
      log: consoleLog(options.debug ?? false),
    },
  );
}
