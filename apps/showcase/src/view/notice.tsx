import type { ComponentChildren, JSX } from "preact";
import type { Message } from "../strings";
import { Icon } from "./icons";

interface NoticeProps {
  readonly message: Message;
  readonly children?: ComponentChildren;
}

/** What went wrong and what to do about it; read aloud when it appears. */
export function Notice({ message, children }: NoticeProps): JSX.Element {
  return (
    <div class="notice" role="alert">
      <Icon name="alert" />
      <div class="notice-words">
        <strong>{message.title}</strong>
        <span>{message.detail}</span>
      </div>
      {children}
    </div>
  );
}
