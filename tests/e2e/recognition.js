// Runs in the page: what does this video show, what is being played? The other half of content.py.
'use strict';
(() => {
  const WIDTH = 640, HEIGHT = 360; // pixels of the original picture; positions below are in them
  const CHANNEL_TOLERANCE = 45; // of 255: what conversion, scaling and coding change in a flat field stays below 25
  const BRIGHT = 150; // of 255, between every person's colour and white
  const DISTINCT_NUMBERS = 5; // numbers of the counter that must pass by before a picture counts as moving
  const FFT_SIZE = 8192; // samples: 5.9 Hz per bin at 48 kHz
  const FLOOR_DB = -70; // below this nothing is being said
  const BELOW_LOUDEST_DB = 30; // noise suppression may leave one voice in a mix this much weaker than another
  const TONE_TOLERANCE_HZ = 15; // swelling spreads a tone over its neighbours by 4 Hz, bins by 6 Hz

  const canvas = document.createElement('canvas');
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const picture = canvas.getContext('2d', { willReadFrequently: true });

  const pixel = (pixels, x, y) => {
    const at = (Math.round(y) * WIDTH + Math.round(x)) * 4;
    return [pixels[at], pixels[at + 1], pixels[at + 2]];
  };
  const brightness = ([red, green, blue]) => 0.3 * red + 0.59 * green + 0.11 * blue;
  const near = (a, b) => a.every((part, index) => Math.abs(part - b[index]) <= CHANNEL_TOLERANCE);

  /** The number the video counts at this moment, or null when it is not this person's picture. */
  function read(video, colour) {
    if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA || video.videoWidth === 0) return null;
    picture.drawImage(video, 0, 0, WIDTH, HEIGHT);
    const { data } = picture.getImageData(0, 0, WIDTH, HEIGHT);
    const field = [[200, 20], [320, 20], [440, 20], [320, 216], [200, 340], [440, 340]];
    if (!field.every(([x, y]) => near(pixel(data, x, y), colour))) return null;
    let number = 0;
    for (let bit = 0; bit < 4; bit++) {
      number = number * 2 + (brightness(pixel(data, 192 + 64 * bit + 32, 272)) > BRIGHT ? 1 : 0);
    }
    const bar = 160 + 18 * number + 20;
    const barAgrees = brightness(pixel(data, bar, 124)) > BRIGHT
      && near(pixel(data, bar - 60, 124), colour) && near(pixel(data, bar + 60, 124), colour);
    return barAgrees ? number : null;
  }

  const seen = new Map(); // question → numbers seen since it was asked
  /** True once this person's picture has been moving since the question `id` was first asked. */
  function shows(id, video, colour) {
    const numbers = seen.get(id) ?? new Set();
    seen.set(id, numbers);
    const number = video ? read(video, colour) : null;
    if (number === null) numbers.clear();
    else numbers.add(number);
    return numbers.size >= DISTINCT_NUMBERS;
  }

  let context;
  const analysers = new Map(); // track id → analyser
  /** Spectrum peaks (Hz) of everything the page plays aloud now, loudest first. */
  function tones() {
    context ??= new AudioContext();
    const elements = [...document.querySelectorAll('audio, video')];
    const playing = elements.filter((element) => element.srcObject && !element.muted && !element.paused);
    const tracks = playing.flatMap((element) => element.srcObject.getAudioTracks());
    const bins = new Float32Array(FFT_SIZE / 2).fill(-Infinity);
    for (const track of tracks) {
      if (!analysers.has(track.id)) {
        const analyser = new AnalyserNode(context, { fftSize: FFT_SIZE, smoothingTimeConstant: 0.5 });
        context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
        analysers.set(track.id, analyser);
      }
      const own = new Float32Array(FFT_SIZE / 2);
      analysers.get(track.id).getFloatFrequencyData(own);
      own.forEach((level, index) => { bins[index] = Math.max(bins[index], level); });
    }
    const loudest = bins.reduce((a, b) => Math.max(a, b), -Infinity);
    const limit = Math.max(FLOOR_DB, loudest - BELOW_LOUDEST_DB);
    const peaks = [];
    for (let bin = 1; bin < bins.length - 1; bin++) {
      if (bins[bin] >= limit && bins[bin] >= bins[bin - 1] && bins[bin] > bins[bin + 1]) {
        peaks.push({ hertz: (bin * context.sampleRate) / FFT_SIZE, level: bins[bin] });
      }
    }
    return peaks.sort((a, b) => b.level - a.level);
  }

  /** True when every one of these tones is being played, and none of the others. */
  function hears(wanted, unwanted) {
    const peaks = tones();
    const plays = (tone) => peaks.some(({ hertz }) => Math.abs(hertz - tone) <= TONE_TOLERANCE_HZ);
    return wanted.every(plays) && !unwanted.some(plays);
  }

  const held = new Map(); // question → how often in a row the answer was yes
  /** True once `hears` held for `times` polls in a row: a gap between two syllables is not silence. */
  function hearsSteadily(id, wanted, unwanted, times) {
    const count = hears(wanted, unwanted) ? (held.get(id) ?? 0) + 1 : 0;
    held.set(id, count);
    return count >= times;
  }

  // For the report of a failure: what the page's connections did.
  const connections = [];
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...given) {
      super(...given);
      connections.push(this);
    }
  };
  const REPORTED = ['inbound-rtp', 'outbound-rtp', 'candidate-pair', 'transport'];
  async function report() {
    return Promise.all(connections.map(async (connection) => ({
      connection: connection.connectionState,
      ice: connection.iceConnectionState,
      signaling: connection.signalingState,
      local: connection.localDescription?.sdp,
      remote: connection.remoteDescription?.sdp,
      statistics: connection.signalingState === 'closed'
        ? [] : [...(await connection.getStats()).values()].filter(({ type }) => REPORTED.includes(type)),
    })));
  }

  // Whether sound kept arriving while something else happened.
  const LOOK = 50; // milliseconds between two looks at what has arrived
  let watched;
  async function watchSound() {
    watched = { longestGap: 0, packets: 0, since: performance.now() };
    for (;;) {
      const reports = await Promise.all(connections.filter(({ signalingState }) => signalingState !== 'closed')
        .map(async (connection) => [...(await connection.getStats()).values()]));
      const packets = reports.flat().filter(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio')
        .reduce((sum, { packetsReceived }) => sum + packetsReceived, 0);
      const now = performance.now();
      if (packets !== watched.packets) Object.assign(watched, { packets, since: now });
      watched.longestGap = Math.max(watched.longestGap, now - watched.since);
      await new Promise((resolve) => setTimeout(resolve, LOOK));
    }
  }
  // How long sound was made up for want of packets, by the browser's own count: it does not depend on when one looks.
  const SAMPLES = 48; // of a millisecond
  let made; // by receiver: samples made up so far, and those of the gap that goes on
  let longestGap;
  async function watchGaps() {
    [made, longestGap] = [new Map(), 0];
    for (const mine = made; mine === made;) {
      const reports = await Promise.all(alive().map(async (connection) => [...(await connection.getStats()).values()]));
      for (const { type, kind, id, concealedSamples } of reports.flat()) {
        if (type !== 'inbound-rtp' || kind !== 'audio') continue;
        const before = made.get(id) ?? { samples: concealedSamples, gap: 0 };
        const more = concealedSamples - before.samples;
        const gap = more > 0 ? before.gap + more : 0;
        made.set(id, { samples: concealedSamples, gap });
        longestGap = Math.max(longestGap, gap / SAMPLES);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK));
    }
  }

  const watchedSound = () => ({ longestGap: watched.longestGap, connections: connections.length });

  const alive = () => connections.filter(({ signalingState }) => signalingState !== 'closed');
  window.recognition = { connections: alive, shows, hearsSteadily, tones, read, report, watchedSound,
    watchSound: () => void watchSound(), watchGaps: () => void watchGaps(), longestGap: () => longestGap };
})();
