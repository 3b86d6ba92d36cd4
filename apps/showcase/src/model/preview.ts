import { signal } from "@preact/signals";
import { DeviceChoice, type DeviceList } from "./device-choice";
import { deviceProblem, type MediaProblem, nameOf } from "./problems";

export type PreviewState = "idle" | "asking" | "on";

/** The part of `navigator` the preview needs; `mediaDevices` is absent outside a secure context. */
export interface Devices {
  readonly mediaDevices?: (Pick<MediaDevices, "getUserMedia"> & DeviceList) | undefined;
  readonly permissions?: Pick<Permissions, "query"> | undefined;
}

/** Own picture and sound before a call: shows that both work, and says what to do when they do not. */
export class Preview {
  readonly state = signal<PreviewState>("idle");
  readonly stream = signal<MediaStream | null>(null);
  readonly problems = signal<readonly MediaProblem[]>([]);
  /** What the next call starts with. */
  readonly cameraWanted = signal(true);
  readonly microphoneWanted = signal(true);
  private generation = 0; // a later start or stop makes an earlier request's answer void

  readonly choice: DeviceChoice;

  constructor(private readonly devices: Devices) {
    this.choice = new DeviceChoice(devices.mediaDevices);
    if (devices.mediaDevices === undefined) {
      this.problems.value = [
        { device: "microphone", problem: "INSECURE" },
        { device: "camera", problem: "INSECURE" },
      ];
    }
  }

  /** Starts at once where the browser was allowed to before; otherwise waits for `start`, so that the prompt is no surprise. */
  async startIfAllowed(): Promise<void> {
    const generation = this.generation;
    const kinds = this.cameraWanted.value ? ["camera", "microphone"] : ["microphone"];
    const states = await Promise.all(kinds.map((kind) => this.permission(kind)));
    if (generation === this.generation && states.every((state) => state === "granted")) await this.start();
  }

  async start(): Promise<void> {
    this.release();
    const { mediaDevices } = this.devices;
    if (mediaDevices === undefined) return;
    const generation = this.generation;
    this.state.value = "asking";
    const audio = this.choice.constraint("audioinput");
    const video = this.cameraWanted.value && this.choice.constraint("videoinput");
    const { stream, problems } = await open(mediaDevices, { audio, video });
    if (generation !== this.generation) {
      stopTracks(stream);
      return;
    }
    this.problems.value = problems;
    this.stream.value = stream;
    this.state.value = stream === null ? "idle" : "on";
    this.apply();
    await this.choice.refresh();
  }

  /** Gives the devices back: the call opens them itself. */
  stop(): void {
    this.release();
    this.state.value = "idle";
  }

  async wantCamera(wanted: boolean): Promise<void> {
    this.cameraWanted.value = wanted;
    if (this.state.value === "idle" && !wanted) return;
    await this.start();
  }

  wantMicrophone(wanted: boolean): void {
    this.microphoneWanted.value = wanted;
    this.apply();
  }

  /** False when the preview found that there is no picture to be had: the call then starts with sound only. */
  cameraUsable(): boolean {
    return !this.problems.value.some(({ device }) => device === "camera");
  }

  private apply(): void {
    for (const track of this.stream.value?.getAudioTracks() ?? []) track.enabled = this.microphoneWanted.value;
  }

  private release(): void {
    this.generation += 1;
    stopTracks(this.stream.value);
    this.stream.value = null;
  }

  private async permission(name: string): Promise<PermissionState> {
    try {
      const status = await this.devices.permissions?.query({ name: name as PermissionName });
      return status?.state ?? "prompt";
    } catch {
      return "prompt"; // a browser that cannot tell will ask
    }
  }
}

interface Opened {
  readonly stream: MediaStream | null;
  readonly problems: readonly MediaProblem[];
}

async function open(devices: Pick<MediaDevices, "getUserMedia">, wanted: MediaStreamConstraints): Promise<Opened> {
  try {
    return { stream: await devices.getUserMedia(wanted), problems: [] };
  } catch (error) {
    const problem = deviceProblem(nameOf(error));
    if (wanted.video === false) return { stream: null, problems: [{ device: "microphone", problem }] };
    // The error of a request for both does not say which one it is about.
    const microphone = await open(devices, { ...wanted, video: false });
    if (microphone.stream === null) return microphone;
    return { stream: microphone.stream, problems: [{ device: "camera", problem }] };
  }
}

function stopTracks(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
