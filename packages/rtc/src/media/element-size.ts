/** A size in pixels of the screen. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Tells the size of an element, now and whenever it changes, until the function that it gives back is called. */
export type ObserveSize = (element: Element, tell: (size: Size) => void) => () => void;

/** What one message can say. */
const LARGEST = 65_535;

/** Observes with the browser's ResizeObserver; a hidden element has no size. */
export const observeSize: ObserveSize = (element, tell) => {
  const pixels = (length: number) => Math.min(Math.round(length * (globalThis.devicePixelRatio || 1)), LARGEST);
  const observer = new ResizeObserver((entries) => {
    const size = entries.at(-1)?.contentRect;
    if (size !== undefined) tell({ width: pixels(size.width), height: pixels(size.height) });
  });
  observer.observe(element);
  return () => observer.disconnect();
};
