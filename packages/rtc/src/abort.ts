/** Does this when the signal is aborted, or at once when it was. */
export function whenAborted(signal: AbortSignal | undefined, abort: () => void): void {
  if (signal?.aborted === true) abort();
  else signal?.addEventListener("abort", abort, { once: true });
}
