import { RecordingType } from "./enums.js";

/** What can be recorded of a call that carries sound alone. */
export type AudioRecordingType = Exclude<RecordingType, "AUDIO_AND_VIDEO">;

/** What the user wants recorded. The platform's policy decides; this release's platform records nothing. */
export class RecordingOptions<Type extends RecordingType = RecordingType> {
  /** What to record. */
  type: Type | typeof RecordingType.UNDEFINED;

  /** @param type - what to record; default `UNDEFINED`: what the platform's policy says */
  constructor(type: Type | typeof RecordingType.UNDEFINED = RecordingType.UNDEFINED) {
    this.type = type;
  }
}

/** What to record of a call between two. */
export class WebrtcCallRecordingOptions extends RecordingOptions {}
/** What to record of a phone call. */
export class PhoneCallRecordingOptions extends RecordingOptions<AudioRecordingType> {}
/** What to record of a Viber call. */
export class ViberCallRecordingOptions extends RecordingOptions<AudioRecordingType> {}
/** What to record of a room. */
export class RoomCallRecordingOptions extends RecordingOptions {}

/** What is recorded at the moment, as far as the platform has told; what is not there is not recorded. */
export interface RecordingState {
  /** This side's call. */
  readonly callRecording?: RecordingType;
  /** The dialog that the call is in. */
  readonly dialogRecording?: RecordingType;
  /** The conference that the call is in. */
  readonly conferenceRecording?: RecordingType;
}
