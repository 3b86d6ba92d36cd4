import { useLayoutEffect, useRef } from "preact/hooks";

/** Moves the focus to where a new screen begins: a button that went away must not drop it on the page's start. */
export function useFocusOnArrival<E extends HTMLElement>() {
  const element = useRef<E>(null);
  useLayoutEffect(() => element.current?.focus({ preventScroll: true }), []);
  return element;
}
