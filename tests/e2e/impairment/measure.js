// Runs in the page beside recognition.js: how well a call goes, from what the browser counts.
'use strict';
(() => {
  const LOOK = 250; // milliseconds between two looks
  const COUNTED = {
    audio: ['totalSamplesReceived', 'concealedSamples', 'silentConcealedSamples', 'packetsReceived', 'packetsLost'],
    video: ['framesDecoded', 'freezeCount', 'totalFreezesDuration', 'bytesReceived', 'nackCount', 'pliCount'],
  };

  let looks = [];
  let looking = false;

  async function look() {
    const counts = { at: performance.now(), audio: {}, video: {}, roundTrip: null, sendable: null };
    for (const connection of recognition.connections()) {
      for (const entry of (await connection.getStats()).values()) {
        if (entry.type === 'inbound-rtp') {
          for (const name of COUNTED[entry.kind]) counts[entry.kind][name] = (counts[entry.kind][name] ?? 0) + (entry[name] ?? 0);
        } else if (entry.type === 'candidate-pair' && entry.nominated) {
          counts.roundTrip = entry.currentRoundTripTime ?? null;
          counts.sendable = entry.availableOutgoingBitrate ?? null;
        }
      }
    }
    return counts;
  }

  async function begin() {
    looks = [];
    if (looking) return;
    looking = true;
    for (;;) {
      looks.push(await look());
      await new Promise((resolve) => setTimeout(resolve, LOOK));
    }
  }

  const growth = (kind, name) => (looks.at(-1)[kind][name] ?? 0) - (looks[0][kind][name] ?? 0);

  /** What happened since `begin`. Shares are 0 ... 1, times are seconds. */
  function report() {
    const seconds = (looks.at(-1).at - looks[0].at) / 1000;
    const concealed = growth('audio', 'concealedSamples') - growth('audio', 'silentConcealedSamples');
    return {
      seconds,
      concealed: concealed / Math.max(growth('audio', 'totalSamplesReceived'), 1),
      framesPerSecond: growth('video', 'framesDecoded') / seconds,
      frozen: growth('video', 'totalFreezesDuration') / seconds,
      kilobitsPerSecond: (growth('video', 'bytesReceived') * 8) / 1000 / seconds,
    };
  }

  /** Seconds since `begin` until this counter last stood still for a look, and how long it stood at the longest. */
  function standstill(kind, name) {
    let [longest, since, last] = [0, looks[0].at, 0];
    for (let index = 1; index < looks.length; index++) {
      if ((looks[index][kind][name] ?? 0) !== (looks[index - 1][kind][name] ?? 0)) since = looks[index].at;
      else last = (looks[index].at - looks[0].at) / 1000;
      longest = Math.max(longest, (looks[index].at - since) / 1000);
    }
    return { longest, last };
  }

  const FLOWING = 8; // looks: two seconds, longer than a keyframe takes
  /** Whether this counter has grown with every one of the latest looks. */
  function flows(kind, name) {
    const latest = looks.slice(-FLOWING - 1).map((counts) => counts[kind][name] ?? 0);
    return latest.length > FLOWING && latest.every((count, index) => index === 0 || count > latest[index - 1]);
  }

  const count = (kind, name) => looks.at(-1)?.[kind][name] ?? 0;

  window.measure = { count, flows, begin: () => void begin(), report, standstill, looks: () => looks };
})();
