// What the mix costs beside its floor (plain libopus, the same decodes and encodes), what it holds
// in memory and how long a voice is under way in it: bench/mix/, without a network.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { report } from './lib/report.mjs';

const PROGRAM = process.env.HOP_BENCH_MIX ?? path.resolve(import.meta.dirname, '../build/release/hop-bench-mix');
const out = execFileSync(PROGRAM, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
report('mix', out.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line)));
