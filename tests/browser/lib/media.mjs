// What a participant plays, so that a test can tell who is heard and seen: a tone of his own and a
// picture of his own colour with a bar that moves (so that each frame differs).
import fs from 'node:fs';
import path from 'node:path';

/** Also: `amplitude` (of 1, default 0.2); `words`: the tone pauses as speech does. */
export const PEOPLE = [
  { name: 'An', tone: 430, colour: [200, 40, 40] },
  { name: 'Bình', tone: 770, colour: [40, 170, 60] },
  { name: 'Chi', tone: 1130, colour: [50, 70, 210] },
  { name: 'Dũng', tone: 1610, colour: [220, 200, 40] },
];

/** A mono 48 kHz WAV of a sine; whole periods, so that it loops without a click. */
export function writeTone(file, hz, amplitude = 0.2, words = false) {
  const rate = 48000;
  const n = rate; // hz periods in exactly one second
  const data = Buffer.alloc(n * 2);
  for (let i = 0; i < n; i++)
    data.writeInt16LE(words && i > n * 0.6 ? 0
      : Math.round(32767 * amplitude * Math.sin((2 * Math.PI * hz * i) / rate)), i * 2);
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + data.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(data.length, 40);
  fs.writeFileSync(file, Buffer.concat([head, data]));
}

function yuv([r, g, b]) {
  const y = 16 + (65.7 * r + 129.1 * g + 25.1 * b) / 256;
  const u = 128 + (-37.9 * r - 74.5 * g + 112.4 * b) / 256;
  const v = 128 + (112.4 * r - 94.2 * g - 18.3 * b) / 256;
  return [y, u, v].map((x) => Math.max(0, Math.min(255, Math.round(x))));
}

/** A Y4M film of one colour with a dark bar wandering along the lower edge. */
export function writeColour(file, rgb, width = 640, height = 360, frames = 20) {
  const [y, u, v] = yuv(rgb);
  const fd = fs.openSync(file, 'w');
  fs.writeSync(fd, `YUV4MPEG2 W${width} H${height} F20:1 Ip A1:1 C420jpeg\n`);
  for (let f = 0; f < frames; f++) {
    const luma = Buffer.alloc(width * height, y);
    const x0 = Math.floor((f * width) / frames);
    for (let row = Math.floor(height * 0.85); row < height; row++)
      luma.fill(30, row * width + x0, row * width + Math.min(width, x0 + width / 10));
    const chroma = (width / 2) * (height / 2);
    fs.writeSync(fd, 'FRAME\n');
    fs.writeSync(fd, luma);
    fs.writeSync(fd, Buffer.alloc(chroma, u));
    fs.writeSync(fd, Buffer.alloc(chroma, v));
  }
  fs.closeSync(fd);
}

/** Both files for one person in `dir`; `picture` is [width, height]. */
export function writePerson(dir, person, picture = [640, 360]) {
  const base = path.join(dir, `${person.tone}-${picture[1]}`);
  writeTone(`${base}.wav`, person.tone, person.amplitude, person.words);
  writeColour(`${base}.y4m`, person.colour, ...picture);
  return { wav: `${base}.wav`, y4m: `${base}.y4m` };
}
