/** How often the microphone is looked at, in milliseconds: a syllable takes two looks. */
const LOOK_INTERVAL = 100;
/** Speech into a microphone is louder than this (root mean square of full scale, -34 dB); breath and keys seldom are. */
const LOUD = 0.02;
/** So many loud looks, 0.4 s, are speech and no cough. */
const LOUD_LOOKS = 4;
/** After so many quiet looks, 0.3 s, loud ones are counted anew; within a word no gap is as long. */
const GAP_LOOKS = 3;
/** After so many quiet looks, 3 s, the next speech is told again. */
const QUIET_LOOKS = 30;

/** Finds speech in how loud it is from look to look. */
export class SpeechDetector {
  #loud = 0;
  #quiet = 0;
  #told = false;

  /** True once for each speech. */
  hears(level: number): boolean {
    if (level < LOUD) {
      this.#quiet += 1;
      if (this.#quiet >= GAP_LOOKS) this.#loud = 0;
      if (this.#quiet >= QUIET_LOOKS) this.#told = false;
      return false;
    }
    this.#quiet = 0;
    this.#loud += 1;
    if (this.#told || this.#loud < LOUD_LOOKS) return false;
    this.#told = true;
    return true;
  }
}

/** Measures how loud a track is, until it is closed. */
export interface LevelMeter {
  /** The root mean square of the last moment, from 0 to 1. */
  level(): number;
  close(): void;
}

/** Makes a meter, or null where the browser has no Web Audio. */
export type OpenMeter = (track: MediaStreamTrack) => LevelMeter | null;

/** Tells when the user speaks into a microphone that is muted. Nothing of it leaves the page. */
export class MutedSpeech {
  readonly #openMeter: OpenMeter;
  readonly #spoken: () => void;
  #stop: (() => void) | null = null;

  constructor(openMeter: OpenMeter, spoken: () => void) {
    this.#openMeter = openMeter;
    this.#spoken = spoken;
  }

  /** Listens to this microphone from now on. */
  listen(microphone: MediaStreamTrack): void {
    this.stop();
    // A muted track is silent everywhere; its clone hears.
    const track = microphone.clone();
    track.enabled = true;
    const meter = this.#openMeter(track);
    if (meter === null) {
      track.stop();
      return;
    }
    const detector = new SpeechDetector();
    const timer = setInterval(() => {
      if (detector.hears(meter.level())) this.#spoken();
    }, LOOK_INTERVAL);
    this.#stop = () => {
      clearInterval(timer);
      meter.close();
      track.stop();
    };
  }

  stop(): void {
    this.#stop?.();
    this.#stop = null;
  }
}

/** Samples that are looked at at once: 43 ms at 48 kHz, the most of a look that costs nothing to speak of. */
const SAMPLES = 2048;

/** Measures with Web Audio. */
export const openMeter: OpenMeter = (track) => {
  if (globalThis.AudioContext === undefined) return null;
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: SAMPLES });
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  // Where pages make no sound before a click they measure none: then nothing is told.
  context.resume().catch(() => {});
  const samples = new Float32Array(SAMPLES);
  return {
    level() {
      analyser.getFloatTimeDomainData(samples);
      return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / SAMPLES);
    },
    close() {
      context.close().catch(() => {});
    },
  };
};
