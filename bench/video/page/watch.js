// In the page. Reads every decoded frame of a received track: who painted it, its number, how old it
// is; and every 10 ms of received sound: how loud. Nothing is judged here.
(() => {
  const WHOLE_EVERY = 10; // frames between two looks at the whole picture

  /** How far the picture's colour is from its painter's, at worst, on an 8 × 8 grid. */
  function colourError(data, layout, width, height, id) {
    const want = bench.chroma(id), planar = layout.length === 3;
    let worst = 0;
    for (let gy = 0; gy < 8; gy++)
      for (let gx = 0; gx < 8; gx++) {
        const x = Math.floor(((gx + 0.5) * width) / 16), y = Math.floor(((gy + 0.5) * height) / 16);
        const at = (plane, step, offset) => data[layout[plane].offset + y * layout[plane].stride + x * step + offset];
        const u = planar ? at(1, 1, 0) : at(1, 2, 0), v = planar ? at(2, 1, 0) : at(1, 2, 1);
        worst = Math.max(worst, Math.abs(u - want.u), Math.abs(v - want.v));
      }
    return worst;
  }

  let buffer = new Uint8Array(640 * 360 * 2);

  async function look(frame, whole) {
    const { width, height } = frame.visibleRect;
    const rect = { x: 0, y: 0, width, height: whole ? height : Math.min(height, bench.code.stampHeight(width)) };
    const size = frame.allocationSize({ rect });
    if (buffer.length < size) buffer = new Uint8Array(size);
    const layout = await frame.copyTo(buffer, { rect });
    const stamp = bench.code.read(buffer.subarray(layout[0].offset), width, layout[0].stride);
    return { stamp, width, error: whole && stamp ? colourError(buffer, layout, width, height, stamp.id) : null };
  }

  /** log: [at, slot, id, number, age ms, width, colour error or null, RTP timestamp, received at]; id -1:
   * unreadable. */
  bench.watch = (track, slot, log) => {
    const reader = new MediaStreamTrackProcessor({ track, maxBufferSize: 10 }).readable.getReader();
    let n = 0;
    (async () => {
      for (;;) {
        const { value: frame, done } = await reader.read();
        if (done) return;
        const at = bench.now();
        try {
          const { stamp, width, error } = await look(frame, n++ % WHOLE_EVERY === 0);
          const age = stamp ? (Math.floor(at) - stamp.ms) % 2 ** 28 : 0;
          const { rtpTimestamp = null, receiveTime = null } = frame.metadata?.() ?? {};
          log.push([at, slot, stamp?.id ?? -1, stamp?.number ?? 0, stamp ? (age + 2 ** 28) % 2 ** 28 : 0, width, error,
            rtpTimestamp, receiveTime]);
        } finally {
          frame.close();
        }
      }
    })();
  };

  /** log: [at, level in dBov] of each 100 ms of received sound. */
  bench.listen = (track, log) => {
    const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
    let sum = 0, n = 0;
    const samples = new Float32Array(48000);
    (async () => {
      for (;;) {
        const { value: data, done } = await reader.read();
        if (done) return;
        const part = samples.subarray(0, data.numberOfFrames);
        data.copyTo(part, { planeIndex: 0, format: 'f32-planar' });
        for (const s of part) sum += s * s;
        n += part.length;
        if (n >= data.sampleRate / 10) {
          log.push([bench.now(), 10 * Math.log10(sum / n + 1e-12)]);
          sum = n = 0;
        }
        data.close();
      }
    })();
  };

  const KEPT = ['kind', 'mid', 'ssrc', 'bytesReceived', 'headerBytesReceived', 'packetsReceived', 'packetsLost',
    'retransmittedPacketsReceived', 'retransmittedBytesReceived', 'framesReceived', 'framesDecoded', 'framesDropped', 'keyFramesDecoded',
    'freezeCount', 'totalFreezesDuration', 'pauseCount', 'frameHeight', 'nackCount', 'pliCount', 'qpSum', 'jitterBufferDelay',
    'jitterBufferEmittedCount', 'totalSamplesReceived', 'concealedSamples', 'silentConcealedSamples', 'concealmentEvents',
    'decoderImplementation'];

  /** The received streams, and the line. */
  bench.received = async (pc) => {
    const streams = [];
    let rtt = null;
    for (const s of (await pc.getStats()).values()) {
      if (s.type === 'inbound-rtp') streams.push(Object.fromEntries(KEPT.filter((k) => k in s).map((k) => [k, s[k]])));
      if (s.type === 'candidate-pair' && s.nominated) rtt = s.currentRoundTripTime ?? rtt;
    }
    return { at: bench.now(), rtt, streams };
  };

  /** The sent layers of the camera. */
  bench.sent = async (pc) => {
    const layers = [];
    let available = null;
    for (const s of (await pc.getStats()).values()) {
      if (s.type === 'outbound-rtp' && s.kind === 'video')
        layers.push({ rid: s.rid, bytes: s.bytesSent, height: s.frameHeight, frames: s.framesEncoded, fps: s.framesPerSecond,
          target: s.targetBitrate, active: s.active, limited: s.qualityLimitationReason, encodeMs: s.totalEncodeTime * 1000,
          keyFrames: s.keyFramesEncoded, pli: s.pliCount, nack: s.nackCount, mode: s.scalabilityMode });
      if (s.type === 'candidate-pair' && s.nominated) available = s.availableOutgoingBitrate ?? available;
    }
    return { at: bench.now(), available, layers };
  };
})();
