import { effect } from "@preact/signals";
import { createRingbackRtc } from "@ringback/rtc";
import { render } from "preact";
import { readDeepLink } from "./model/deep-links";
import { Showcase } from "./model/showcase";
import { text } from "./strings";
import "./style/tokens.css";
import "./style/base.css";
import "./style/screens.css";
import "./style/call.css";
import { App } from "./view/app";
import { Ringer } from "./view/ringer";

const model = new Showcase({
  createRtc: createRingbackRtc,
  fetch: (input, init) => fetch(input, init),
  devices: navigator,
  now: () => Date.now(),
});
const ringer = new Ringer();

effect(() => {
  const { value: incoming } = model.incoming;
  const phase = model.conversation.value?.phase.value;
  document.title = incoming === null ? text.title : text.incoming.heading(incoming.name);
  ringer.play(incoming !== null ? "incoming" : phase === "ringing" ? "outgoing" : null);
});

const root = document.getElementById("app");
if (root !== null) render(<App model={model} link={readDeepLink(location.search)} />, root);
