import { errorCode, RtcError } from "../api/error-code.js";
import type { DisplayOptions } from "../api/options.js";
import type { LocalMedia, PreferredDevices } from "./handler.js";

const MICROPHONE: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const CAMERA: MediaTrackConstraints = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
/** Text stays sharp; more pictures than this cost more than they show. */
const SCREEN: MediaTrackConstraints = { frameRate: { ideal: 15, max: 30 } };

/** The cause to show when a device cannot be opened. */
export function deviceError(error: unknown): RtcError {
  switch (error instanceof Error ? error.name : "") {
    case "NotAllowedError":
    case "SecurityError":
      return new RtcError(errorCode("DEVICE_FORBIDDEN"));
    case "NotFoundError":
    case "OverconstrainedError":
      return new RtcError(errorCode("DEVICE_NOT_FOUND"));
    default:
      return new RtcError(errorCode("DEVICE_UNAVAILABLE"));
  }
}

// Pages without TLS have no devices at all.
function mediaDevices(): MediaDevices | undefined {
  return globalThis.navigator?.mediaDevices;
}

/**
 * Opens devices with one question to the user. Rejected with an {@link RtcError} of a `DEVICE_…` code.
 *
 * @param strict - whether it must be the preferred device; otherwise another does when that one is not there
 */
export async function openDevices(
  wanted: LocalMedia,
  preferred: PreferredDevices,
  strict = false,
): Promise<MediaStream> {
  const devices = mediaDevices();
  if (devices === undefined) throw new RtcError(errorCode("DEVICE_FORBIDDEN"));
  const from = (id: string | null): MediaTrackConstraints =>
    id === null ? {} : { deviceId: strict ? { exact: id } : { ideal: id } };
  try {
    return await devices.getUserMedia({
      audio: wanted.microphone && { ...MICROPHONE, ...from(preferred.microphone) },
      video: wanted.camera && { ...CAMERA, ...from(preferred.camera) },
    });
  } catch (error) {
    throw deviceError(error);
  }
}

/**
 * Asks the user what to share. Rejected with an {@link RtcError}: `DEVICE_FORBIDDEN` when the user or the page refuses,
 * `FORBIDDEN_DISPLAY_SURFACE` when the user chose what the application does not allow, `DEVICE_UNAVAILABLE` where
 * screens cannot be shared, as on phones.
 */
export async function openScreen({ allowedDisplayOptions: allowed = [] }: DisplayOptions): Promise<MediaStreamTrack> {
  const devices = mediaDevices();
  if (devices === undefined) throw new RtcError(errorCode("DEVICE_FORBIDDEN"));
  const [track] = (await display(devices, allowed)).getVideoTracks();
  if (track === undefined) throw new RtcError(errorCode("DEVICE_UNAVAILABLE"));
  // Firefox does not say what was chosen; then the application's wish was a hint only.
  const { displaySurface } = track.getSettings();
  if (allowed.length > 0 && displaySurface !== undefined && !allowed.some((surface) => surface === displaySurface)) {
    track.stop();
    throw new RtcError(errorCode("FORBIDDEN_DISPLAY_SURFACE"));
  }
  track.contentHint = "detail";
  return track;
}

async function display(devices: MediaDevices, allowed: readonly string[]): Promise<MediaStream> {
  const [first] = allowed;
  try {
    return await devices.getDisplayMedia({
      audio: false,
      video: { ...SCREEN, ...(first !== undefined && { displaySurface: first }) },
      ...(first !== undefined && !allowed.includes("monitor") && { monitorTypeSurfaces: "exclude" }),
    });
  } catch (error) {
    throw deviceError(error);
  }
}

/** The devices of one kind. They have names only once the user has allowed one of them. */
export async function listDevices(kind: MediaDeviceKind): Promise<MediaDeviceInfo[]> {
  const devices = (await mediaDevices()?.enumerateDevices()) ?? [];
  return devices.filter((device) => device.kind === kind);
}
