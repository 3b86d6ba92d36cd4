/** Where the SDK says what it does. Tokens and session descriptions never go there. */
export interface Log {
  /** What happens; for developers of the SDK and of applications. */
  debug(message: string, detail?: unknown): void;
  /** Something of the platform's was not as the protocol says, and was passed over. */
  warn(message: string, detail?: unknown): void;
  /** A mistake in the application's or the SDK's code. */
  error(message: string, detail?: unknown): void;
}

const PREFIX = "[ringback]";

export function consoleLog(debug: boolean): Log {
  // biome-ignore-start lint/suspicious/noConsole: the one place that writes to the console
  return {
    debug: (message, detail = "") => {
      if (debug) console.debug(PREFIX, message, detail);
    },
    warn: (message, detail = "") => console.warn(PREFIX, message, detail),
    error: (message, detail = "") => console.error(PREFIX, message, detail),
  };
  // biome-ignore-end lint/suspicious/noConsole: the one place that writes to the console
}
