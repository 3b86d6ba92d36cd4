/** A tone's rhythm: which frequencies sound together, in Hz, and how long, in seconds; none is silence. */
interface Part {
  readonly frequencies: readonly number[];
  readonly seconds: number;
}

/** What a caller hears: 425 Hz, one second in five, as in most of the world (ITU-T E.180). */
const RINGBACK: readonly Part[] = [
  { frequencies: [425], seconds: 1 },
  { frequencies: [], seconds: 4 },
];

const CHIME: readonly Part[] = [
  { frequencies: [587.3, 880], seconds: 0.18 },
  { frequencies: [698.5, 1046.5], seconds: 0.18 },
];

/** What the called hears: two rising chimes, every three seconds. */
const RINGTONE: readonly Part[] = [
  ...CHIME,
  ...CHIME,
  { frequencies: [], seconds: 0.25 },
  ...CHIME,
  ...CHIME,
  { frequencies: [], seconds: 1.31 },
];

/** Loud enough to be heard, quiet enough not to frighten; from 0 to 1. */
const VOLUME = 0.2;
/** Each tone swells and fades for so long, in seconds; without it there are clicks. */
const FADE = 0.012;

/** Ends a tone; a second time it does nothing. */
export type StopTone = () => void;

/** A sound of the application's own, played over and over: its URL, or what Web Audio has decoded. */
export type ToneSource = string | AudioBuffer;

/**
 * Plays what a caller hears while the other side rings, until the function that it gives back is called. Where the browser
 * has no Web Audio, or lets no page sound before a click, it is silent.
 *
 * @param source - what is played; without it, and when its URL cannot be loaded, a tone that is computed
 */
export function playRingback(source?: ToneSource): StopTone {
  return play(RINGBACK, source);
}

/**
 * Plays a ringing sound for an incoming call, until the function that it gives back is called.
 *
 * @param source - what is played; without it, and when its URL cannot be loaded, a chime that is computed
 */
export function playRingtone(source?: ToneSource): StopTone {
  return play(RINGTONE, source);
}

/** The samples of one round of the rhythm. */
export function samples(parts: readonly Part[], rate: number): Float32Array<ArrayBuffer> {
  return Float32Array.from(
    parts.flatMap(({ frequencies, seconds }) => {
      const length = Math.round(seconds * rate);
      return Array.from({ length }, (_, index) => {
        const fade = Math.min(1, index / rate / FADE, (length - 1 - index) / rate / FADE);
        const sines = frequencies.map((frequency) => Math.sin((2 * Math.PI * frequency * index) / rate));
        return (VOLUME * fade * sines.reduce((sum, sine) => sum + sine, 0)) / Math.max(1, sines.length);
      });
    }),
  );
}

function play(parts: readonly Part[], sound?: ToneSource): StopTone {
  if (globalThis.AudioContext === undefined) return () => {};
  const context = new AudioContext();
  const source = context.createBufferSource();
  let stopped = false;
  const start = (buffer: AudioBuffer): void => {
    if (stopped) return;
    source.buffer = buffer;
    source.loop = true;
    source.connect(context.destination);
    source.start();
  };
  if (typeof sound === "string") {
    load(context, sound).then(start, () => start(computed(context, parts)));
  } else {
    start(sound ?? computed(context, parts));
  }
  // A page that was not clicked yet stays silent; the tone begins with the first click, if it still plays then.
  context.resume().catch(() => {});
  return () => {
    if (stopped) return;
    stopped = true;
    context.close().catch(() => {});
  };
}

function computed(context: AudioContext, parts: readonly Part[]): AudioBuffer {
  const round = samples(parts, context.sampleRate);
  const buffer = context.createBuffer(1, round.length, context.sampleRate);
  buffer.copyToChannel(round, 0);
  return buffer;
}

async function load(context: AudioContext, url: string): Promise<AudioBuffer> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`There is no sound at this URL: ${answer.status}`);
  return context.decodeAudioData(await answer.arrayBuffer());
}
