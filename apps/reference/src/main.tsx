import { effect } from "@preact/signals";
import { render } from "preact";
import "../../showcase/src/style/tokens.css";
import "../../showcase/src/style/base.css";
import "./style/page.css";
import "./style/side.css";
import "./style/fields.css";
import "./style/code.css";
import { Reference } from "./model/reference";
import { text } from "./strings";
import { App, titleOf } from "./view/app";

const reference = new Reference({
  origin: location.origin,
  fetch: (address) => fetch(address),
  hash: () => location.hash,
});

addEventListener("hashchange", () => reference.follow());
effect(() => {
  const title = titleOf(reference);
  document.title = title === null ? text.title : `${title} · ${text.title}`;
});

const root = document.getElementById("app");
if (root !== null) render(<App reference={reference} />, root);
void reference.load();
