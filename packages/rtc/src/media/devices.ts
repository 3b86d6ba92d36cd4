import { errorCode, RtcError } from "../api/error-code.js";

const MICROPHONE: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const CAMERA: MediaTrackConstraints = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };

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

/** Opens devices with one question to the user. Rejected with an {@link RtcError} of a `DEVICE_…` code. */
export async function openDevices(wanted: { microphone: boolean; camera: boolean }): Promise<MediaStream> {
  // Pages without TLS have no devices at all.
  const devices: MediaDevices | undefined = navigator.mediaDevices;
  if (devices === undefined) throw new RtcError(errorCode("DEVICE_FORBIDDEN"));
  try {
    return await devices.getUserMedia({ audio: wanted.microphone && MICROPHONE, video: wanted.camera && CAMERA });
  } catch (error) {
    throw deviceError(error);
  }
}
