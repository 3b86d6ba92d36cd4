import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { type DeepLink, secondWindowLink } from "../model/deep-links";
import { identityOf, type Person } from "../model/person";
import type { Showcase } from "../model/showcase";
import { text } from "../strings";
import { useFocusOnArrival } from "./focus";
import { Icon, type IconName } from "./icons";
import { PreviewCard } from "./preview-card";

interface LobbyProps {
  readonly model: Showcase;
  readonly person: Person;
  readonly link: DeepLink;
}

export function Lobby({ model, person, link }: LobbyProps): JSX.Element {
  const heading = useFocusOnArrival<HTMLHeadingElement>();
  const missed = model.missed.value;
  useEffect(() => {
    void model.preview.startIfAllowed();
    return () => model.preview.stop();
  }, [model]);

  const call = (name: string): string | null => {
    const identity = identityOf(name);
    if (identity === "") return text.lobby.callNeeded;
    if (identity === person.identity) return text.lobby.callSelf;
    model.start({ kind: "call", identity, name: name.trim() });
    return null;
  };
  const join = (name: string): string | null => {
    const tidy = name.trim();
    if (tidy === "") return text.lobby.roomNeeded;
    model.start({ kind: "room", name: tidy });
    return null;
  };

  return (
    <main class="lobby" id="content">
      <div class="lobby-intro">
        <h1 ref={heading} tabIndex={-1}>
          {text.lobby.heading(person.name)}
        </h1>
        <p class="lead">{text.lobby.lead}</p>
      </div>
      {missed !== null && (
        <div class="toast">
          <Icon name="phone" />
          <p>{text.lobby.missed(missed.name)}</p>
          <button class="button small" type="button" onClick={() => model.start({ kind: "call", ...missed })}>
            {text.lobby.callBack}
          </button>
          <button
            class="button small quiet"
            type="button"
            aria-label={text.lobby.dismiss}
            onClick={() => {
              model.missed.value = null;
            }}
          >
            <Icon name="close" />
          </button>
        </div>
      )}
      <div class="lobby-columns">
        <PreviewCard model={model} name={person.name} />
        <div class="lobby-choices">
          <Destination
            id="call"
            icon="phone"
            heading={text.lobby.callHeading}
            label={text.lobby.callLabel}
            submit={text.lobby.callSubmit}
            initial={link.call}
            onSubmit={call}
          />
          <Destination
            id="room"
            icon="people"
            heading={text.lobby.roomHeading}
            label={text.lobby.roomLabel}
            submit={text.lobby.roomSubmit}
            initial={link.room}
            onSubmit={join}
          />
          <p class="alone">
            <a href="/app/connection-test" target="_blank" rel="noreferrer">
              {text.lobby.connectionTest}
              <Icon name="external" />
              <span class="unseen">{text.lobby.secondWindowHint}</span>
            </a>
          </p>
          <p class="alone">
            {text.lobby.alone}{" "}
            <a href={secondWindowLink(person.name, { call: person.identity })} target="_blank" rel="noreferrer">
              {text.lobby.secondWindow}
              <Icon name="external" />
              <span class="unseen">{text.lobby.secondWindowHint}</span>
            </a>
          </p>
        </div>
      </div>
    </main>
  );
}

interface DestinationProps {
  readonly id: string;
  readonly icon: IconName;
  readonly heading: string;
  readonly label: string;
  readonly submit: string;
  readonly initial: string;
  /** What is wrong with the name, or null when it was taken. */
  readonly onSubmit: (name: string) => string | null;
}

const NAME_MAX = 100; // characters, the platform's limit for room names; identities are shorter

function Destination(props: DestinationProps): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const name = useSignal(props.initial);
  const complaint = useSignal<string | null>(null);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    complaint.value = props.onSubmit(name.value);
    if (complaint.value !== null) input.current?.focus(); // reads out what is wrong with it
  };
  return (
    <form class="card destination" onSubmit={submit} noValidate aria-labelledby={`${props.id}-heading`}>
      <h2 id={`${props.id}-heading`}>
        <Icon name={props.icon} />
        {props.heading}
      </h2>
      <label for={props.id}>{props.label}</label>
      <div class="row">
        <input
          ref={input}
          id={props.id}
          type="text"
          autocomplete="off"
          autocapitalize="none"
          maxLength={NAME_MAX}
          value={name.value}
          aria-describedby={`${props.id}-hint`}
          aria-invalid={complaint.value !== null}
          onInput={(event) => {
            name.value = event.currentTarget.value;
            complaint.value = null;
          }}
        />
        <button class="button primary" type="submit">
          {props.submit}
        </button>
      </div>
      <p id={`${props.id}-hint`} class="hint complaint">
        {complaint.value}
      </p>
    </form>
  );
}
