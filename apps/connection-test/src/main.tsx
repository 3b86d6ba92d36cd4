import { createRingbackRtc } from "@ringback/rtc";
import { render } from "preact";
import "../../showcase/src/style/tokens.css";
import "../../showcase/src/style/base.css";
import "../../showcase/src/style/screens.css";
import "./style/test.css";
import { ConnectionTest } from "./model/connection-test";
import { App } from "./view/app";

const RADIX = 36; // letters and digits

const test = new ConnectionTest({
  createRtc: createRingbackRtc,
  fetch: (input, init) => fetch(input, init),
  devices: navigator,
  token: new URLSearchParams(location.search).get("token"),
  now: () => new Date(),
  browser: navigator.userAgent,
  pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  randomName: () => [...crypto.getRandomValues(new Uint32Array(2))].map((part) => part.toString(RADIX)).join(""),
});

const root = document.getElementById("app");
if (root !== null) render(<App test={test} />, root);
