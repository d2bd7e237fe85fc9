// How loud a microphone is, 0..1, for meters and for the hint to someone who talks while muted.

let shared: AudioContext | undefined;

export function audioContext(): AudioContext {
  shared ??= new AudioContext();
  if (shared.state === 'suspended') void shared.resume().catch(() => {});
  return shared;
}

export interface Meter {
  /** The loudest of the last moment: 0 is silence, 1 full scale; speech is around 0.5. */
  level(): number;
  close(): void;
}

export function meterOf(track: MediaStreamTrack): Meter {
  const context = audioContext();
  const source = context.createMediaStreamSource(new MediaStream([track]));
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  return {
    level: () => {
      analyser.getFloatTimeDomainData(samples);
      return levelOf(samples);
    },
    close: () => source.disconnect(),
  };
}

/** RMS on a scale that matches the ear: −60 dBFS is 0, 0 dBFS is 1. */
export function levelOf(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const rms = Math.sqrt(sum / Math.max(1, samples.length));
  if (rms <= 0.001) return 0;
  return Math.min(1, 1 + Math.log10(rms) / 3);
}
