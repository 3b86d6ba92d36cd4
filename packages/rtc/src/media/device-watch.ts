import type { DevicesChangedEvent } from "../api/devices.js";

/** Changes within this, in milliseconds, are told as one: a headset comes as a microphone and a loudspeaker, one after the other. */
const QUIET_TIME = 250;

/** What is watched. */
export interface WatchedDevices {
  /** Calls back whenever devices come or go, until the function that it gives back is called. */
  readonly watch: (changed: () => void) => () => void;
  readonly list: () => Promise<DevicesChangedEvent>;
}

/** Tells all devices after some have come or gone, from `start` to `stop`. */
export class DeviceWatch {
  readonly #devices: WatchedDevices;
  readonly #tell: (devices: DevicesChangedEvent) => void;
  #stopWatching: (() => void) | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(devices: WatchedDevices, tell: (devices: DevicesChangedEvent) => void) {
    this.#devices = devices;
    this.#tell = tell;
  }

  /** A second time it does nothing. */
  start(): void {
    this.#stopWatching ??= this.#devices.watch(() => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.#look(), QUIET_TIME);
    });
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#stopWatching?.();
    this.#stopWatching = null;
  }

  async #look(): Promise<void> {
    // A page that is just left has no devices any more.
    const devices = await this.#devices.list().catch(() => null);
    if (devices !== null && this.#stopWatching !== null) this.#tell(devices);
  }
}
