import type { JSX } from "preact";
import { useCallback } from "preact/hooks";
import type { Conversation, Phase } from "../model/conversation";
import { secondWindowLink } from "../model/deep-links";
import type { Person } from "../model/person";
import type { Showcase } from "../model/showcase";
import { mediaProblem, text } from "../strings";
import { Avatar } from "./avatar";
import { ChatPanel } from "./chat-panel";
import { Controls } from "./controls";
import { DevicePicker } from "./device-picker";
import { useFocusOnArrival } from "./focus";
import { Icon } from "./icons";
import { Notice } from "./notice";
import { Sound, type Watch } from "./stream";
import { OwnTile, ScreenTile, Tile } from "./tile";
import { Timer } from "./timer";

/** How many tiles stand above each other beside a shared screen. */
const STRIP = 6;

interface CallScreenProps {
  readonly model: Showcase;
  readonly conversation: Conversation;
  readonly person: Person;
}

export function CallScreen({ model, conversation, person }: CallScreenProps): JSX.Element {
  const heading = useFocusOnArrival<HTMLHeadingElement>();
  const { destination } = conversation;
  const name = conversation.name.value;
  const inRoom = destination.kind === "room";
  const phase = conversation.phase.value;
  const connected = phase === "connected";
  const tiles = conversation.tiles.value;
  const audio = conversation.remoteAudio.value;
  const problem = conversation.mediaProblem.value;
  const since = conversation.connectedAt.value;
  const [presenter] = tiles.filter(({ screen }) => screen !== null);
  const layout = presenter !== undefined ? "shared" : inRoom && tiles.length > 0 ? "grid" : "pair";
  const count = tiles.length + 1;
  // As square as it gets. Beside a screen: as many strips as leave each tile a face high.
  const strips = Math.ceil(count / STRIP);
  const columns = layout === "shared" ? strips : Math.ceil(Math.sqrt(count));
  const chat = conversation.chat.value;
  const watch = useCallback<Watch>((stream, element) => conversation.watch(stream, element), [conversation]);

  return (
    <main class="call" id="content">
      <header class="call-header">
        <h1 ref={heading} tabIndex={-1}>
          {inRoom ? text.call.room(name) : name}
        </h1>
        <p class="call-status">
          {connected && inRoom && <span>{text.call.roomCount(count)}</span>}
          {connected && since !== null && <Timer since={since} />}
        </p>
      </header>
      {conversation.interrupted.value && <p class="pill warning">{text.call.interrupted}</p>}
      <div class="call-middle" data-chat={chat?.open.value === true}>
        <section
          class={`stage ${layout}`}
          style={{ "--columns": String(columns), "--rows": String(Math.ceil(count / strips)) }}
          data-count={count}
          aria-label={text.call.people}
        >
          {presenter?.screen && (
            <ScreenTile name={presenter.name} screen={presenter.screen} waits={presenter.screenWaits} watch={watch} />
          )}
          {tiles.map((tile) => (
            <Tile key={tile.id} tile={tile} watch={watch} />
          ))}
          {!connected && <Waiting name={name} words={phaseText(phase, inRoom)} ringing={phase === "ringing"} />}
          {connected && tiles.length === 0 && inRoom && <Alone person={person} room={name} />}
          <OwnTile
            name={person.name}
            video={conversation.ownVideo.value}
            muted={conversation.muted.value}
            talking={conversation.talking.value}
          />
        </section>
        {chat?.open.value && <ChatPanel chat={chat} />}
      </div>
      {audio !== null && <Sound stream={audio} speaker={model.preview.choice.chosen.value.audiooutput} />}
      <div class="call-footer">
        {problem !== null && <Notice message={mediaProblem(problem)} />}
        {conversation.actionFailed.value && (
          <p class="pill warning" role="alert">
            {text.call.actionFailed}
          </p>
        )}
        <Controls conversation={conversation} />
        <DevicePicker model={model} />
      </div>
    </main>
  );
}

function phaseText(phase: Phase, inRoom: boolean): string {
  if (inRoom) return text.call.joining;
  if (phase === "calling") return text.call.calling;
  return phase === "ringing" ? text.call.ringing : text.call.connecting;
}

interface WaitingProps {
  readonly name: string;
  readonly words: string;
  readonly ringing: boolean;
}

function Waiting({ name, words, ringing }: WaitingProps): JSX.Element {
  return (
    <div class="waiting">
      <div class={ringing ? "pulse" : "pulse still"}>
        <Avatar name={name} />
      </div>
      <p>{words}</p>
    </div>
  );
}

function Alone({ person, room }: { readonly person: Person; readonly room: string }): JSX.Element {
  return (
    <div class="waiting">
      <Icon name="people" />
      <p>{text.call.waiting}</p>
      <p class="hint">
        {text.call.waitingHint}{" "}
        <a href={secondWindowLink(person.name, { room })} target="_blank" rel="noreferrer">
          {text.lobby.secondWindow}
          <Icon name="external" />
          <span class="unseen">{text.lobby.secondWindowHint}</span>
        </a>
      </p>
    </div>
  );
}
