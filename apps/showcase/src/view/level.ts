const SAMPLES = 512; // about 11 ms at 48 kHz: enough to see a syllable
const QUIETEST = -60; // dBFS shown as an empty bar: a quiet room
const LOUDEST = -10; // dBFS shown as a full bar: somebody speaking up close

/** Reports how loud a stream is, from 0 to 1, once per drawn frame, until the returned function is called. */
export function watchLevel(stream: MediaStream, report: (level: number) => void): () => void {
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: SAMPLES });
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(SAMPLES);
  let frame = 0;
  const measure = (): void => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / SAMPLES;
    const decibels = 10 * Math.log10(power);
    report(Math.min(1, Math.max(0, (decibels - QUIETEST) / (LOUDEST - QUIETEST))));
    frame = requestAnimationFrame(measure);
  };
  measure();
  return () => {
    cancelAnimationFrame(frame);
    void context.close();
  };
}
