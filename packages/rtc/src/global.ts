// What a script tag gets: everything by its plain name, as the reference's CDN build does it, and together as RingbackRtc.
import * as everything from "./infobip.js";

for (const [name, value] of Object.entries({ ...everything, RingbackRtc: everything })) {
  // What the browser or the page calls so already stays theirs; ours is then in RingbackRtc.
  if (!Object.hasOwn(globalThis, name)) Object.assign(globalThis, { [name]: value });
}
