import { signal } from "@preact/signals";

export type DeviceKind = "audioinput" | "videoinput" | "audiooutput";

/** One device that can be chosen. */
export interface Choice {
  readonly id: string;
  readonly name: string;
}

/** The part of `navigator.mediaDevices` that tells what there is. */
export type DeviceList = Pick<MediaDevices, "enumerateDevices">;

/** Which microphone, camera and loudspeaker are used; an empty id is whichever the browser takes. */
export class DeviceChoice {
  readonly available = signal<Readonly<Record<DeviceKind, readonly Choice[]>>>({
    audioinput: [],
    videoinput: [],
    audiooutput: [],
  });
  readonly chosen = signal<Readonly<Record<DeviceKind, string>>>({ audioinput: "", videoinput: "", audiooutput: "" });

  constructor(private readonly list: DeviceList | undefined) {}

  /** Looks what there is. Devices have names only once the person has allowed one. */
  async refresh(): Promise<void> {
    const devices = (await this.list?.enumerateDevices().catch(() => [])) ?? [];
    const of = (kind: DeviceKind): Choice[] =>
      devices
        .filter((device) => device.kind === kind && device.label !== "")
        .map(({ deviceId, label }) => ({ id: deviceId, name: label }));
    this.available.value = {
      audioinput: of("audioinput"),
      videoinput: of("videoinput"),
      audiooutput: of("audiooutput"),
    };
  }

  choose(kind: DeviceKind, id: string): void {
    this.chosen.value = { ...this.chosen.value, [kind]: id };
  }

  /** For `getUserMedia`: this device, if it is still there. */
  constraint(kind: DeviceKind): MediaTrackConstraints | true {
    const id = this.chosen.value[kind];
    return id === "" ? true : { deviceId: id };
  }
}
