// In the page. The film of a publisher: its number and time in every frame, a colour of its own, fixed
// texture (so that key frames are large) and a band of noise (so that the encoder uses its rate).
(() => {
  const FILMS = 8; // frames of noise, shown in turn

  /** Colour of a publisher: U and V, far from each other for the ids 1 to 8. */
  bench.chroma = (id) => {
    const angle = (id * 2 * Math.PI) / 8;
    return { u: Math.round(128 + 60 * Math.cos(angle)), v: Math.round(128 + 60 * Math.sin(angle)) };
  };

  function makeFrames(id, width, height) {
    let state = id * 7919 + 1;
    const noise = () => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 16) % 64;
    const still = Uint8Array.from({ length: width * height }, () => 96 + noise());
    const { u, v } = bench.chroma(id);
    return Array.from({ length: FILMS }, () => {
      const frame = new Uint8Array((width * height * 3) / 2);
      frame.set(still);
      for (let i = Math.floor(0.75 * width * height); i < width * height; i++) frame[i] = 32 + 3 * noise();
      frame.fill(u, width * height, (width * height * 5) / 4);
      frame.fill(v, (width * height * 5) / 4);
      return frame;
    });
  }

  /** A video track; ends with the page. */
  bench.film = ({ id, width = 480, height = 272, fps = 16 }) => {
    const generator = new MediaStreamTrackGenerator({ kind: 'video' });
    const writer = generator.writable.getWriter();
    const frames = makeFrames(id, width, height);
    let number = 0;
    const next = () => {
      const data = frames[number % FILMS];
      bench.code.paint(data, width, { id, number, ms: bench.now() });
      number++;
      const frame = new VideoFrame(data, { format: 'I420', codedWidth: width, codedHeight: height,
        timestamp: Math.round(performance.now() * 1000) });
      writer.write(frame).catch(() => {});
    };
    // on a fixed beat: a late turn of the event loop delays one frame, not all that follow
    const begin = performance.now();
    const beat = () => {
      next();
      const due = begin + (number * 1000) / fps;
      setTimeout(beat, Math.max(1, due - performance.now()));
    };
    beat();
    return generator;
  };

  /** A sound track: a sine. */
  bench.tone = (hz) => {
    const context = new AudioContext({ sampleRate: 48000 });
    const tone = new OscillatorNode(context, { frequency: hz });
    const sink = context.createMediaStreamDestination();
    tone.connect(new GainNode(context, { gain: 0.2 })).connect(sink);
    tone.start();
    return sink.stream.getAudioTracks()[0];
  };
})();
