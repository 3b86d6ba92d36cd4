/**
 * Browsers tell one change in several events, which count as one when they come within this, in milliseconds. Longer costs
 * that much of silence, where the former network is gone.
 */
const SETTLING = 100;

/** What browsers on phones say of their network (Network Information API); others have no `type`, or none of it. */
interface NetworkInformation extends EventTarget {
  readonly type?: string;
}

/**
 * Hears when the device finds a network, or another one, where the browser tells it. A network of which only the speed
 * has changed is the same one.
 *
 * @returns a function that ends it
 */
export function watchNetwork(networkFound: () => void): () => void {
  const information = (globalThis.navigator as { connection?: NetworkInformation } | undefined)?.connection;
  let type = information?.type;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const found = (): void => {
    clearTimeout(timer);
    timer = setTimeout(networkFound, SETTLING);
  };
  const changed = (): void => {
    const before = type;
    type = information?.type;
    if (type !== before && type !== "none") found();
  };
  globalThis.addEventListener?.("online", found);
  information?.addEventListener("change", changed);
  return () => {
    clearTimeout(timer);
    globalThis.removeEventListener?.("online", found);
    information?.removeEventListener("change", changed);
  };
}
