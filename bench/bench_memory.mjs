// What hopd costs in memory: idle, and for each participant who sends a microphone, a camera and a
// screen with its sound, played by the native client through the real signaling.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { Hopd } from '../tests/browser/lib/hopd.mjs';
import { until } from '../tests/browser/lib/until.mjs';
import { report } from './lib/report.mjs';

const CLIENT = process.env.HOP_CLIENT ?? path.resolve(import.meta.dirname, '../build/release/hop-client');
const FIRST = 2; // they pay for the room: its graph, encoders, mix
const MORE = 8;

const hopd = await new Hopd().start();
const clients = [];
try {
  await new Promise((r) => setTimeout(r, 2000));
  const idle = hopd.rssKb();
  const code = await hopd.newRoom();
  const cookie = await hopd.signIn();

  const play = async (count, total, tone) => {
    const args = ['--url', `ws://127.0.0.1:${hopd.ports.http}`, '--room', code, '--name', 'Load', '--count', String(count),
      '--seconds', '120', '--tone', String(tone), '--video', '--kbps', '1000', '--screen', '--screen-tone', '2500'];
    clients.push(spawn(CLIENT, args, { stdio: ['ignore', 'ignore', 'inherit'] }));
    const online = async () => (await hopd.api('GET', '/ops/live', undefined, cookie)).json.rooms
      .flatMap((r) => r.participants).filter((p) => p.line === 'up' && p.camera && p.screen).length;
    await until(`${total} participants send`, 30000, async () => (await online()) === total, 500);
    let most = 0;
    for (let i = 0; i < 40; i++) {
      most = Math.max(most, hopd.rssKb());
      await new Promise((r) => setTimeout(r, 250));
    }
    return most;
  };
  const room = await play(FIRST, FIRST, 300);
  const full = await play(MORE, FIRST + MORE, 600);
  const mb = (kb) => Number((kb / 1024).toFixed(2));
  report('memory', [
    { case: 'hopd idle', metric: 'RSS', value: mb(idle), unit: 'MB', bar: 40 },
    { case: `a room of ${FIRST}`, metric: 'RSS', value: mb(room), unit: 'MB', bar: null },
    { case: `a room of ${FIRST + MORE}`, metric: 'RSS', value: mb(full), unit: 'MB', bar: null },
    { case: 'one more: microphone, camera, screen', metric: 'RSS', value: mb((full - room) / MORE), unit: 'MB', bar: 1 },
  ]);
} finally {
  for (const c of clients) c.kill();
  await hopd.remove();
}
