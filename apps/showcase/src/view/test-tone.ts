const HERTZ = 440;
const SECONDS = 1.2;
const VOLUME = 0.15; // from 0 to 1: heard from a laptop, and harmless in headphones
const FADE = 0.05; // seconds; without it there are clicks

/** Plays a short tone on a loudspeaker; an empty id is whichever the browser takes. Fulfilled when it is over. */
export async function playTestTone(speaker: string): Promise<void> {
  const context = new AudioContext();
  // Through an element: not every browser lets a context choose its loudspeaker.
  const element = new Audio();
  const target = context.createMediaStreamDestination();
  const volume = new GainNode(context, { gain: 0 });
  const tone = new OscillatorNode(context, { frequency: HERTZ });
  tone.connect(volume).connect(target);
  element.srcObject = target.stream;
  try {
    await element.setSinkId?.(speaker);
    await element.play();
    const start = context.currentTime;
    volume.gain.setTargetAtTime(VOLUME, start, FADE);
    volume.gain.setTargetAtTime(0, start + SECONDS - 4 * FADE, FADE);
    tone.start(start);
    tone.stop(start + SECONDS);
    await new Promise((over) => {
      tone.onended = over;
    });
  } finally {
    element.srcObject = null;
    await context.close();
  }
}
