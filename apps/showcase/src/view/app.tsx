import type { JSX } from "preact";
import type { DeepLink } from "../model/deep-links";
import type { Showcase } from "../model/showcase";
import { text, tokenFailure } from "../strings";
import { CallScreen } from "./call-screen";
import { EndCard } from "./end-card";
import { Mark } from "./icons";
import { IncomingCards } from "./incoming-card";
import { Lobby } from "./lobby";
import { NameScreen } from "./name-screen";
import { Notice } from "./notice";

interface AppProps {
  readonly model: Showcase;
  readonly link: DeepLink;
}

export function App({ model, link }: AppProps): JSX.Element {
  const incoming = model.incoming.value;
  const conversation = model.conversation.value;
  const inCall = conversation !== null && !conversation.ended.value;
  return (
    <>
      <a class="skip" href="#content">
        {text.skipToContent}
      </a>
      <div class="page" data-in-call={inCall}>
        {!inCall && model.person.value !== null && <Header model={model} />}
        <Lost model={model} />
        <Screen model={model} link={link} />
      </div>
      {incoming.length > 0 && <IncomingCards model={model} incoming={incoming} inCall={inCall} />}
      <p class="unseen" role="status" aria-live="polite">
        {model.announcement.value}
      </p>
    </>
  );
}

function Screen({ model, link }: AppProps): JSX.Element {
  const person = model.person.value;
  const conversation = model.conversation.value;
  if (person === null) return <NameScreen model={model} initial={link.name} />;
  if (conversation === null) return <Lobby model={model} person={person} link={link} />;
  const ending = conversation.ending.value;
  // The key gives every conversation its own focus move and its own media elements.
  const key = conversation.serial;
  if (ending !== null) return <EndCard key={key} model={model} conversation={conversation} ending={ending} />;
  return <CallScreen key={key} model={model} conversation={conversation} person={person} />;
}

function Header({ model }: { readonly model: Showcase }): JSX.Element {
  const connection = model.connection.value;
  const identity = model.person.value?.identity ?? "";
  return (
    <header class="header">
      <div class="brand">
        <Mark />
        <span>{text.product}</span>
      </div>
      {connection === "online" && (
        <p class="pill online">
          <span class="online-words">{text.connection.online}</span>
          <bdi>{identity}</bdi>
        </p>
      )}
      <button class="button small quiet" type="button" onClick={() => model.signOut()}>
        {text.lobby.changeName}
      </button>
    </header>
  );
}

/** The way to the server, when there is none: apart from the screens, for it can go at any time. */
function Lost({ model }: { readonly model: Showcase }): JSX.Element | null {
  const connection = model.connection.value;
  const failure = model.failure.value;
  if (model.person.value === null) return null;
  if (connection === "reconnecting") {
    return <p class="pill warning">{text.connection.reconnecting}</p>;
  }
  if (connection !== "lost") return null;
  return (
    <Notice message={failure === null ? text.connection.lost : tokenFailure(failure)}>
      <button class="button small" type="button" onClick={() => void model.reconnect()}>
        {text.connection.reconnect}
      </button>
    </Notice>
  );
}
