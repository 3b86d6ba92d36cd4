/**
 * Ringback without a browser and without a platform, for tests of applications: give {@link createFakeRtc} to the code
 * that makes calls, and play the platform's side with its {@link FakeServer}.
 *
 * @packageDocumentation
 */

export type { Log } from "../log.js";
export {
  FakeBrowser,
  type FakeConstraints,
  FakePeerConnection,
  FakeSender,
  FakeStream,
  FakeTrack,
  FakeTransceiver,
} from "./fake-browser.js";
export { FakeMedia, fakeStream } from "./fake-media.js";
export { createFakeRtc, type FakeRtc, type FakeRtcOptions } from "./fake-rtc.js";
export { FakeServer, settle } from "./fake-server.js";
