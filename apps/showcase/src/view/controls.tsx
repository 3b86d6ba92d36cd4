import type { JSX } from "preact";
import type { Conversation } from "../model/conversation";
import { text } from "../strings";
import { Icon } from "./icons";

/** The names say what a press does, so a pressed state beside them would say the opposite twice. */
export function Controls({ conversation }: { readonly conversation: Conversation }): JSX.Element {
  const muted = conversation.muted.value;
  const camera = conversation.camera.value;
  const sharing = conversation.sharing.value;
  const chat = conversation.chat.value;
  const unread = chat?.unread.value ?? 0;
  const connected = conversation.phase.value === "connected";
  const inRoom = conversation.destination.kind === "room";
  const endLabel = inRoom ? text.call.leave : connected ? text.call.hangUp : text.call.cancel;
  return (
    <section class="controls" aria-label={text.call.controls}>
      <button class={muted ? "control off" : "control"} type="button" onClick={() => void conversation.toggleMute()}>
        <span class="round">
          <Icon name={muted ? "microphoneOff" : "microphone"} />
        </span>
        {muted ? text.call.unmute : text.call.mute}
      </button>
      <button
        class={camera ? "control" : "control off"}
        type="button"
        aria-disabled={conversation.cameraBusy.value}
        onClick={() => void conversation.toggleCamera()}
      >
        <span class="round">
          <Icon name={camera ? "camera" : "cameraOff"} />
        </span>
        {camera ? text.call.cameraStop : text.call.cameraStart}
      </button>
      {connected && canShare() && (
        <button
          class={sharing ? "control on" : "control"}
          type="button"
          aria-disabled={conversation.sharingBusy.value}
          onClick={() => void conversation.toggleSharing()}
        >
          <span class="round">
            <Icon name="screen" />
          </span>
          {sharing ? text.call.shareStop : text.call.share}
        </button>
      )}
      {connected && chat !== null && (
        <button
          class={chat.open.value ? "control on" : "control"}
          type="button"
          aria-expanded={chat.open.value}
          aria-label={unread > 0 ? text.call.chatUnread(unread) : undefined}
          onClick={() => chat.toggle()}
        >
          <span class="round" data-unread={unread > 0 ? unread : undefined}>
            <Icon name="chat" />
          </span>
          {text.call.chat}
        </button>
      )}
      <button class="control end" type="button" onClick={() => conversation.end()}>
        <span class="round">
          <Icon name={inRoom ? "leave" : "hangUp"} />
        </span>
        {endLabel}
      </button>
    </section>
  );
}

/** Phones cannot share their screens, and their browsers say so by having no function for it. */
function canShare(): boolean {
  return "getDisplayMedia" in (navigator.mediaDevices ?? {});
}
