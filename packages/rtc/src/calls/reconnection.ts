import { CONNECTIVITY_STEPS, Connectivity, type ConnectivityCommand, type ConnectivityEvent } from "./connectivity.js";

/**
 * How long a call tries to begin again after the platform has given it up, in milliseconds. Platforms give up a client
 * that is away after a minute and a half, so outages of three are survived; longer holds devices open for nobody.
 */
export const REJOIN_PATIENCE = 120_000;

/** What a call does to have its media again. */
export type ReconnectionCommands = Readonly<Record<ConnectivityCommand, () => void>> & {
  /** Nothing helped in time: the call is over. */
  readonly giveUp: () => void;
};

/** Keeps the media of one call flowing: takes the steps of its connectivity, and limits how long it may take to begin again. */
export class Reconnection {
  readonly #commands: ReconnectionCommands;
  #connectivity: Connectivity = Connectivity.NEW;
  #patience: ReturnType<typeof setTimeout> | undefined;

  constructor(commands: ReconnectionCommands) {
    this.#commands = commands;
  }

  /** Whether the platform has given the call up and not made it anew: there is nobody to say anything to. */
  isRejoining(): boolean {
    return this.#connectivity === Connectivity.REJOINING;
  }

  /** Takes a step; false when it is not legal now. */
  happened(event: ConnectivityEvent): boolean {
    const step = CONNECTIVITY_STEPS[this.#connectivity][event];
    if (step === undefined) return false;
    this.#connectivity = step.to;
    this.#limit();
    for (const command of step.commands) this.#commands[command]();
    return true;
  }

  /** The time runs from the first giving up until media flows again: giving up once more wins no more of it. */
  #limit(): void {
    if (this.#connectivity === Connectivity.REJOINING) {
      this.#patience ??= setTimeout(() => this.#commands.giveUp(), REJOIN_PATIENCE);
    } else if (this.#connectivity === Connectivity.CONNECTED || this.#connectivity === Connectivity.ENDED) {
      clearTimeout(this.#patience);
      this.#patience = undefined;
    }
  }
}
