import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Incoming, Showcase } from "../model/showcase";
import { text } from "../strings";
import { Avatar } from "./avatar";
import { Icon } from "./icons";

interface IncomingCardsProps {
  readonly model: Showcase;
  readonly incoming: readonly Incoming[];
  readonly inCall: boolean;
}

/** Modal, because they wait for an answer: a card for everybody who rings. */
export function IncomingCards({ model, incoming, inCall }: IncomingCardsProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    element?.querySelector("h2")?.focus(); // somebody who is typing must not answer by accident
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class="incoming"
      aria-label={incoming.map(({ name }) => text.incoming.heading(name)).join(" ")}
      onCancel={(event) => event.preventDefault()}
    >
      {incoming.map((one) => (
        <IncomingCard key={one.call.id()} model={model} incoming={one} inCall={inCall} />
      ))}
    </dialog>
  );
}

interface IncomingCardProps {
  readonly model: Showcase;
  readonly incoming: Incoming;
  readonly inCall: boolean;
}

function IncomingCard({ model, incoming, inCall }: IncomingCardProps): JSX.Element {
  return (
    <section class="incoming-card" aria-label={text.incoming.from(incoming.name)}>
      <div class="pulse">
        <Avatar name={incoming.name} />
      </div>
      <h2 tabIndex={-1}>{text.incoming.heading(incoming.name)}</h2>
      <p class="lead">{incoming.video ? text.incoming.video : text.incoming.audio}</p>
      {inCall && <p class="hint">{text.incoming.endsCurrent}</p>}
      <div class="incoming-buttons">
        <button class="button accept" type="button" onClick={() => model.accept(incoming, true)}>
          <Icon name="camera" />
          {text.incoming.acceptVideo}
        </button>
        <button class="button" type="button" onClick={() => model.accept(incoming, false)}>
          <Icon name="phone" />
          {text.incoming.acceptAudio}
        </button>
        <button class="button danger" type="button" onClick={() => model.decline(incoming)}>
          <Icon name="hangUp" />
          {text.incoming.decline}
        </button>
      </div>
    </section>
  );
}
