import type { MediaDevice } from "./api/devices.js";
import type { CameraOrientation } from "./api/enums.js";
import type { RtcError } from "./api/error-code.js";
import { listDevices, openDevices } from "./media/devices.js";
import { NO_WISHES } from "./media/wishes.js";
import { causeOf } from "./signaling/refusal.js";

/**
 * The devices of this browser, before there is a call: what there is, what it sees and what it hears. What opens a device
 * is rejected with an {@link RtcError}: `DEVICE_FORBIDDEN` when the user or the page does not allow it, `DEVICE_NOT_FOUND`
 * when there is none such, `DEVICE_UNAVAILABLE` when another program has it.
 */
// biome-ignore lint/complexity/noStaticOnlyClass: applications for the reference SDK know it as a class
export class RTCMediaDevice {
  /** The microphones. They have names only once the user has allowed one of them; empty on pages without TLS. */
  static async getAudioInputDevices(): Promise<MediaDevice[]> {
    return [...(await listDevices()).audioInputs];
  }

  /** The loudspeakers and headphones. Some browsers do not tell them. */
  static async getAudioOutputDevices(): Promise<MediaDevice[]> {
    return [...(await listDevices()).audioOutputs];
  }

  /** The cameras. */
  static async getVideoInputDevices(): Promise<MediaDevice[]> {
    return [...(await listDevices()).videoInputs];
  }

  /** Opens this microphone or camera. */
  static async getMediaStream(deviceId: string): Promise<MediaStream> {
    const { videoInputs } = await listDevices();
    if (videoInputs.some((camera) => camera.deviceId === deviceId)) return RTCMediaDevice.getVideoMediaStream(deviceId);
    try {
      return await RTCMediaDevice.getAudioMediaStream(deviceId);
    } catch (error) {
      // Before the user has allowed a device the list names none, and what was chosen on an earlier visit may be a camera.
      if (causeOf(error).name !== "DEVICE_NOT_FOUND") throw error;
      return RTCMediaDevice.getVideoMediaStream(deviceId);
    }
  }

  /** Opens this microphone, or the default one. */
  static getAudioMediaStream(deviceId: string | null = null): Promise<MediaStream> {
    return openDevices({ microphone: true, camera: false }, { ...NO_WISHES, microphone: deviceId }, true);
  }

  /** Opens this camera, or the one that looks this way, or the default one. */
  static getVideoMediaStream(
    deviceId: string | null = null,
    cameraOrientation: CameraOrientation | null = null,
  ): Promise<MediaStream> {
    return openDevices(
      { microphone: false, camera: true },
      { ...NO_WISHES, camera: deviceId, cameraOrientation },
      true,
    );
  }

  /** Stops what one of the others has opened: the light of the camera goes out. */
  static closeMediaStream(stream: MediaStream): void {
    for (const track of stream.getTracks()) track.stop();
  }
}
