import {
  type DevicePermission,
  type DevicePermissions,
  type DevicesChangedEvent,
  MediaDevice,
} from "../api/devices.js";
import { errorCode, RtcError } from "../api/error-code.js";
import type { DisplayOptions } from "../api/options.js";
import type { LocalMedia } from "./handler.js";
import type { DeviceWishes } from "./wishes.js";

const MICROPHONE: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const CAMERA: MediaTrackConstraints = { width: { ideal: 1280 }, height: { ideal: 720 } };

/** The cause to show when a device cannot be opened. */
export function deviceError(error: unknown): RtcError {
  if (error instanceof RtcError) return error;
  switch (error instanceof Error ? error.name : "") {
    case "NotAllowedError":
    case "SecurityError":
      return new RtcError(errorCode("DEVICE_FORBIDDEN"), error);
    case "NotFoundError":
    case "OverconstrainedError":
      return new RtcError(errorCode("DEVICE_NOT_FOUND"), error);
    default:
      return new RtcError(errorCode("DEVICE_UNAVAILABLE"), error);
  }
}

// Pages without TLS have no devices at all.
function mediaDevices(): MediaDevices | undefined {
  return globalThis.navigator?.mediaDevices;
}

/**
 * Opens devices with one question to the user. Rejected with an {@link RtcError} of a `DEVICE_…` code.
 *
 * @param strict - whether it must be the wished device; otherwise another does when that one is not there
 */
export async function openDevices(wanted: LocalMedia, wishes: DeviceWishes, strict = false): Promise<MediaStream> {
  try {
    return await open(wanted, wishes, strict);
  } catch (error) {
    const isGone = error instanceof Error && error.name === "OverconstrainedError";
    if (strict || !isGone) throw deviceError(error);
    return open(wanted, { ...wishes, microphone: null, camera: null }, false).catch((later: unknown) => {
      throw deviceError(later);
    });
  }
}

async function open(wanted: LocalMedia, wishes: DeviceWishes, strict: boolean): Promise<MediaStream> {
  const devices = mediaDevices();
  if (devices === undefined) throw new RtcError(errorCode("DEVICE_FORBIDDEN"));
  const { microphone, camera, cameraOrientation, cameraFrameRate } = wishes;
  // A device that was only ideal would lose against one of better size or frame rate.
  const named = (id: string | null) => (id === null ? {} : { deviceId: { exact: id } });
  return devices.getUserMedia({
    audio: wanted.microphone && { ...MICROPHONE, ...named(microphone) },
    video: wanted.camera && {
      ...CAMERA,
      frameRate: { ideal: cameraFrameRate },
      ...named(camera),
      ...(camera === null &&
        cameraOrientation !== null && { facingMode: { [strict ? "exact" : "ideal"]: cameraOrientation } }),
    },
  });
}

/**
 * Asks the user what to share. Rejected with an {@link RtcError}: `DEVICE_FORBIDDEN` when the user or the page refuses,
 * `FORBIDDEN_DISPLAY_SURFACE` when the user chose what the application does not allow, `DEVICE_UNAVAILABLE` where
 * screens cannot be shared, as on phones.
 */
export async function openScreen(
  { allowedDisplayOptions: allowed = [] }: DisplayOptions,
  frameRate: number,
): Promise<MediaStreamTrack> {
  const devices = mediaDevices();
  if (devices === undefined) throw new RtcError(errorCode("DEVICE_FORBIDDEN"));
  const [track] = (await display(devices, allowed, frameRate)).getVideoTracks();
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

async function display(devices: MediaDevices, allowed: readonly string[], frameRate: number): Promise<MediaStream> {
  const [first] = allowed;
  try {
    return await devices.getDisplayMedia({
      audio: false,
      video: { frameRate: { ideal: frameRate, max: frameRate }, ...(first !== undefined && { displaySurface: first }) },
      ...(first !== undefined && !allowed.includes("monitor") && { monitorTypeSurfaces: "exclude" }),
    });
  } catch (error) {
    throw deviceError(error);
  }
}

/** All devices, by what they are for. They have names only once the user has allowed one of them. */
export async function listDevices(): Promise<DevicesChangedEvent> {
  const devices = (await mediaDevices()?.enumerateDevices()) ?? [];
  const of = (wanted: MediaDeviceKind): MediaDevice[] =>
    devices
      .filter(({ kind }) => kind === wanted)
      .map(({ deviceId, groupId, kind, label }) => new MediaDevice(deviceId, groupId, kind, label));
  return { audioInputs: of("audioinput"), audioOutputs: of("audiooutput"), videoInputs: of("videoinput") };
}

/** Calls back whenever devices come or go, until the function that it gives back is called. */
export function watchDevices(changed: () => void): () => void {
  const devices = mediaDevices();
  devices?.addEventListener("devicechange", changed);
  return () => devices?.removeEventListener("devicechange", changed);
}

/** What the page may open, as far as the browser says. */
export async function devicePermissions(): Promise<DevicePermissions> {
  const [microphone, camera] = await Promise.all([permission("microphone"), permission("camera")]);
  return { microphone, camera };
}

async function permission(name: PermissionName): Promise<DevicePermission> {
  // Pages without TLS have no devices at all.
  if (mediaDevices() === undefined) return "denied";
  try {
    return (await navigator.permissions.query({ name })).state;
  } catch {
    return "unknown";
  }
}
