export type Ring = "incoming" | "outgoing";

interface Cadence {
  /** Hz, sounded together. */
  readonly tones: readonly number[];
  /** Pairs of start and end within the period, seconds. */
  readonly bursts: readonly (readonly [number, number])[];
  /** Seconds. */
  readonly period: number;
}

// The ringback tone of European networks, and a warmer one for whoever is called.
const CADENCES: Readonly<Record<Ring, Cadence>> = {
  outgoing: { tones: [425], bursts: [[0, 1]], period: 5 },
  incoming: {
    tones: [523, 659],
    bursts: [
      [0, 0.18],
      [0.3, 0.48],
      [0.6, 0.9],
    ],
    period: 3,
  }, // a major third, C5 and E5
};
const VOLUME = 0.05; // of full scale: heard, never startling
const FADE = 0.02; // seconds: a tone that starts at once clicks
const SECOND = 1000; // milliseconds

/** Rings without a sound file. Silent where the browser wants a click first. */
export class Ringer {
  private playing: Ring | null = null;
  private context: AudioContext | null = null;
  private interval = 0;

  play(ring: Ring | null): void {
    if (ring === this.playing) return;
    this.stop();
    this.playing = ring;
    // Without a click on the page before, the browser would refuse, and complain in the console.
    if (ring === null || !navigator.userActivation.hasBeenActive) return;
    const context = new AudioContext();
    const cadence = CADENCES[ring];
    this.context = context;
    sound(context, cadence);
    this.interval = window.setInterval(() => sound(context, cadence), cadence.period * SECOND);
  }

  private stop(): void {
    clearInterval(this.interval);
    void this.context?.close();
    this.context = null;
  }
}

function sound(context: AudioContext, { tones, bursts }: Cadence): void {
  const volume = new GainNode(context, { gain: 0 });
  volume.connect(context.destination);
  const start = context.currentTime;
  for (const [from, to] of bursts) {
    volume.gain.setTargetAtTime(VOLUME / tones.length, start + from, FADE);
    volume.gain.setTargetAtTime(0, start + to, FADE);
  }
  const last = Math.max(...bursts.map(([, to]) => to));
  for (const frequency of tones) {
    const tone = new OscillatorNode(context, { frequency });
    tone.connect(volume);
    tone.start(start);
    tone.stop(start + last + FADE * 10);
  }
}
