import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Chat, ChatText } from "../model/chat";
import { text } from "../strings";
import { Icon } from "./icons";

const LONGEST = 2000; // characters: at most 8000 bytes of the 8192 that a text may have

const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });

/** What was written, and where to write. Not read aloud by itself: the page says each text where it says everything. */
export function ChatPanel({ chat }: { readonly chat: Chat }): JSX.Element {
  const words = useSignal("");
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLOListElement>(null);
  const texts = chat.texts.value;
  useLayoutEffect(() => {
    const before = document.activeElement;
    field.current?.focus();
    return () => before instanceof HTMLElement && before.focus();
  }, []);
  useLayoutEffect(() => list.current?.scrollTo({ top: list.current.scrollHeight }), [texts]);

  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const written = words.value.trim();
    if (written === "") return;
    words.value = "";
    void chat.send(written, new Date());
  };

  return (
    <section class="chat" aria-label={text.chat.heading} onKeyDown={(event) => event.key === "Escape" && chat.toggle()}>
      <header class="chat-header">
        <h2>{text.chat.heading}</h2>
        <button class="button small quiet" type="button" aria-label={text.chat.close} onClick={() => chat.toggle()}>
          <Icon name="close" />
        </button>
      </header>
      {texts.length === 0 && <p class="hint chat-empty">{text.chat.empty}</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached with the keyboard */}
      <ol class="chat-texts" ref={list} tabIndex={0} aria-label={text.chat.texts} hidden={texts.length === 0}>
        {texts.map((one) => (
          <Text key={one.serial} one={one} />
        ))}
      </ol>
      <form class="chat-form" onSubmit={submit}>
        <input
          ref={field}
          type="text"
          autocomplete="off"
          aria-label={text.chat.label}
          placeholder={text.chat.label}
          maxLength={LONGEST}
          value={words.value}
          onInput={(event) => {
            words.value = event.currentTarget.value;
          }}
        />
        <button class="button primary" type="submit" aria-label={text.chat.send}>
          <Icon name="send" />
        </button>
      </form>
    </section>
  );
}

function Text({ one }: { readonly one: ChatText }): JSX.Element {
  const mine = one.from === null;
  const name = mine ? text.call.you : one.from || text.chat.platform;
  return (
    <li class={mine ? "chat-text mine" : "chat-text"}>
      <p class="chat-about">
        <bdi>{name}</bdi> <time dateTime={one.at.toISOString()}>{CLOCK.format(one.at)}</time>
      </p>
      <p class="chat-words" dir="auto">
        {one.words}
      </p>
      {one.fate !== null && (
        <p class={one.fate === "lost" ? "chat-fate complaint" : "chat-fate"}>{text.chat.fate[one.fate]}</p>
      )}
    </li>
  );
}
