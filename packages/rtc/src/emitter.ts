import { invalidArgument } from "./api/error-code.js";
import type { EventSource, Handler } from "./api/events.js";
import type { Log } from "./log.js";

/** Tells events to handlers. What a handler throws is logged and reaches nobody else. */
export class Emitter<Events> implements EventSource<Events> {
  readonly #handlers: { [Name in keyof Events]?: Set<Handler<Events[Name]>> } = {};
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  on<Name extends keyof Events>(name: Name, handler: Handler<Events[Name]>): void {
    if (typeof handler !== "function") throw invalidArgument(`The handler of "${String(name)}" is no function.`);
    let handlers = this.#handlers[name];
    if (handlers === undefined) {
      handlers = new Set();
      this.#handlers[name] = handlers;
    }
    handlers.add(handler);
  }

  off<Name extends keyof Events>(name: Name, handler: Handler<Events[Name]>): void {
    this.#handlers[name]?.delete(handler);
  }

  /** Whether anybody listens. */
  isHeard(name: keyof Events): boolean {
    return (this.#handlers[name]?.size ?? 0) > 0;
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const handler of [...(this.#handlers[name] ?? [])]) {
      try {
        handler(event);
      } catch (error) {
        this.#log.error(`A handler of "${String(name)}" threw`, error);
      }
    }
  }
}
