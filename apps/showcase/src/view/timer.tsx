import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { formatDuration } from "../model/duration";
import { text } from "../strings";

const SECOND = 1000; // milliseconds

export function Timer({ since }: { readonly since: number }): JSX.Element {
  const now = useSignal(Date.now());
  useEffect(() => {
    const interval = setInterval(() => {
      now.value = Date.now();
    }, SECOND);
    return () => clearInterval(interval);
  }, [now]);
  // `role="timer"` is silent by default: nobody wants every second read out.
  return (
    <span class="timer" role="timer" aria-label={text.call.timer}>
      {formatDuration(Math.floor((now.value - since) / SECOND))}
    </span>
  );
}
