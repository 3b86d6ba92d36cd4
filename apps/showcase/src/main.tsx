import { computed, effect } from "@preact/signals";
import { createRingbackRtc, playRingback, playRingtone, type StopTone } from "@ringback/rtc";
import { render } from "preact";
import { readDeepLink } from "./model/deep-links";
import { Showcase } from "./model/showcase";
import { text } from "./strings";
import "./style/tokens.css";
import "./style/base.css";
import "./style/screens.css";
import "./style/call.css";
import "./style/chat.css";
import { App } from "./view/app";

const model = new Showcase({
  createRtc: createRingbackRtc,
  fetch: (input, init) => fetch(input, init),
  devices: navigator,
  now: () => Date.now(),
});
let stopTone: StopTone = () => {};
const ring = computed(() => {
  if (model.incoming.value.length > 0) return playRingtone;
  return model.conversation.value?.phase.value === "ringing" ? playRingback : null;
});

effect(() => {
  const [incoming] = model.incoming.value;
  document.title = incoming === undefined ? text.title : text.incoming.heading(incoming.name);
});
effect(() => {
  const play = ring.value;
  stopTone();
  stopTone = () => {};
  // Without a click on the page before, the browser would refuse, and complain in the console.
  if (play !== null && navigator.userActivation.hasBeenActive) stopTone = play();
});

const root = document.getElementById("app");
if (root !== null) render(<App model={model} link={readDeepLink(location.search)} />, root);
