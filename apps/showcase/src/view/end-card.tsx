import type { JSX } from "preact";
import type { Conversation, Ending } from "../model/conversation";
import { formatDuration } from "../model/duration";
import type { Showcase } from "../model/showcase";
import { endingMessage, text } from "../strings";
import { useFocusOnArrival } from "./focus";
import { Icon } from "./icons";

interface EndCardProps {
  readonly model: Showcase;
  readonly conversation: Conversation;
  readonly ending: Ending;
}

export function EndCard({ model, conversation, ending }: EndCardProps): JSX.Element {
  const heading = useFocusOnArrival<HTMLHeadingElement>();
  const { destination, incoming } = conversation;
  const name = conversation.name.value;
  const inRoom = destination.kind === "room";
  const message = endingMessage({ reason: ending.reason, byMe: ending.byMe, name, inRoom });
  const again = inRoom ? text.end.rejoin : incoming ? text.end.back : text.end.again;
  return (
    <main class="end" id="content">
      <div class="card end-card">
        <span class="end-mark">
          <Icon name={inRoom ? "leave" : "hangUp"} />
        </span>
        <h1 ref={heading} tabIndex={-1}>
          {message.title}
        </h1>
        {message.detail !== "" && <p class="lead">{message.detail}</p>}
        {ending.seconds !== null && <p class="hint">{text.end.lasted(formatDuration(ending.seconds))}</p>}
        <div class="end-buttons">
          <button class="button primary" type="button" onClick={() => model.start(destination)}>
            <Icon name={inRoom ? "people" : "phone"} />
            {again}
          </button>
          <button class="button" type="button" onClick={() => model.close()}>
            {text.end.home}
          </button>
        </div>
      </div>
    </main>
  );
}
