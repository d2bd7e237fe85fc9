// An impaired line for a browser, a native client or a benchmark: a network namespace whose only way
// out is hop-line (tests/line), which loses, delays and paces as told, also while it is used.
//
//     const line = await Line.open('down rate=1M buffer=300ms', 'both delay=25ms');
//     const page = await chromiumFor(person, { netns: line.name });
//     await line.set('down rate=0.6M');
//     const { down } = await line.stats();
//     await line.close();
import { execFileSync, spawn } from 'node:child_process';
import path from 'node:path';
import readline from 'node:readline';

const PROGRAM = process.env.HOP_LINE ?? path.resolve(import.meta.dirname, '../../../build/release/hop-line');
const sh = (...argv) => execFileSync(argv[0], argv.slice(1), { encoding: 'utf8' });
let lines = 0;

export class Line {
  /** Makes the namespace and starts the relay; commands as in tests/line/README.md. */
  static async open(...commands) {
    const line = new Line();
    await line.#start(++lines, 1);
    await line.set(...commands);
    return line;
  }

  async #start(n, seed) {
    const id = process.env.HOP_TEST_ID ?? process.pid % 100000;
    /** Of the namespace; what runs in it reaches the tests' addresses through the line. */
    this.name = `hopl${String.fromCharCode(96 + n)}${id}`;
    this.near = `10.97.${n}.1`;
    this.address = `10.97.${n}.2`;
    sh('ip', 'netns', 'add', this.name);
    this.exec('ip', 'link', 'set', 'lo', 'up');
    this.relay = spawn(PROGRAM, ['--seed', String(seed), '-', `${this.name}n`, `${this.near}/24`,
      `/run/netns/${this.name}`, `${this.name}f`, `${this.address}/24`], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.relay.stdin.on('error', () => {}); // it has ended: told by the answer that does not come
    this.answers = readline.createInterface({ input: this.relay.stdout })[Symbol.asyncIterator]();
    await this.#answer('start');
    this.exec('ip', 'route', 'add', 'default', 'via', this.near);
    this.waiting = Promise.resolve();
  }

  async #answer(to) {
    const { value, done } = await this.answers.next();
    if (done) throw new Error(`hop-line has ended at: ${to}`);
    const answer = JSON.parse(value);
    if (answer.error) throw new Error(`hop-line: ${to}: ${answer.error} ${answer.detail}`);
    return answer;
  }

  /** One command, its answer; the calls queue up. */
  command(text) {
    const turn = this.waiting.then(() => {
      this.relay.stdin.write(`${text}\n`);
      return this.#answer(text);
    });
    this.waiting = turn.catch(() => {});
    return turn;
  }

  /** Changes: "down rate=1M", "both delay=25ms loss=5%"; returns the answer to the last. */
  async set(...commands) {
    let answer;
    for (const c of commands) answer = await this.command(c);
    return answer;
  }

  /** Per direction: packets and bytes by fate, and the queue's percentiles, since reset(). */
  stats() {
    return this.command('stats');
  }

  reset() {
    return this.command('reset');
  }

  /** Per direction the tenths of a second since `from` (ms since the relay's start). */
  async tenths(from = 0) {
    const { at_ms, wall_ms, down, up } = await this.command(`tenths ${Math.floor(from)}`);
    const named = (rows) => rows.map(([at, bytesIn, bytesOut, packetsOut, overflow, lost, meanMs, maxMs]) =>
      ({ at, bytesIn, bytesOut, packetsOut, overflow, lost, meanMs, maxMs }));
    return { at_ms, wall_ms, down: named(down), up: named(up) };
  }

  /** Runs a program inside, to its end. */
  exec(...argv) {
    return sh('nsenter', `--net=/run/netns/${this.name}`, ...argv);
  }

  async close() {
    const ended = new Promise((resolve) => this.relay.on('exit', resolve));
    if (this.relay.exitCode === null) {
      this.relay.stdin.end();
      await ended;
    }
    sh('ip', 'netns', 'del', this.name);
  }
}
