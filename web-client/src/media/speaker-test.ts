// A short, calm chord on the chosen speaker.

import { audioContext } from './meter';

const notes = [523.25, 659.25, 783.99];

interface SinkElement extends HTMLAudioElement {
  setSinkId(id: string): Promise<void>;
}

export function canChooseSpeaker(element: HTMLMediaElement): element is SinkElement {
  return 'setSinkId' in element;
}

/** Resolves when it has been played. */
export async function playTestSound(speakerId: string): Promise<void> {
  const context = audioContext();
  await context.resume();
  const out = context.createMediaStreamDestination();
  const element = new Audio();
  element.srcObject = out.stream;
  if (speakerId && canChooseSpeaker(element)) await element.setSinkId(speakerId).catch(() => {});
  const start = context.currentTime + 0.05;
  notes.forEach((frequency, i) => {
    const tone = context.createOscillator();
    const gain = context.createGain();
    const at = start + i * 0.22;
    tone.frequency.value = frequency;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(0.22, at + 0.03);
    gain.gain.exponentialRampToValueAtTime(0.001, at + 0.9);
    tone.connect(gain).connect(out);
    tone.start(at);
    tone.stop(at + 1);
  });
  await element.play();
  await new Promise((resolve) => setTimeout(resolve, 1_600));
  element.srcObject = null;
}
