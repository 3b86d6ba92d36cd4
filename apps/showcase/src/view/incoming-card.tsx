import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Incoming, Showcase } from "../model/showcase";
import { text } from "../strings";
import { Avatar } from "./avatar";
import { Icon } from "./icons";

interface IncomingCardProps {
  readonly model: Showcase;
  readonly incoming: Incoming;
  readonly inCall: boolean;
}

/** Modal, because it waits for an answer. The focus goes to its heading: somebody who is typing must not answer by accident. */
export function IncomingCard({ model, incoming, inCall }: IncomingCardProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    heading.current?.focus();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class="incoming"
      aria-labelledby="incoming-heading"
      onCancel={(event) => event.preventDefault()}
    >
      <div class="pulse">
        <Avatar name={incoming.name} />
      </div>
      <h2 id="incoming-heading" tabIndex={-1} ref={heading}>
        {text.incoming.heading(incoming.name)}
      </h2>
      <p class="lead">{incoming.video ? text.incoming.video : text.incoming.audio}</p>
      {inCall && <p class="hint">{text.incoming.endsCurrent}</p>}
      <div class="incoming-buttons">
        <button class="button accept" type="button" onClick={() => model.accept(true)}>
          <Icon name="camera" />
          {text.incoming.acceptVideo}
        </button>
        <button class="button" type="button" onClick={() => model.accept(false)}>
          <Icon name="phone" />
          {text.incoming.acceptAudio}
        </button>
        <button class="button danger" type="button" onClick={() => model.decline()}>
          <Icon name="hangUp" />
          {text.incoming.decline}
        </button>
      </div>
    </dialog>
  );
}
