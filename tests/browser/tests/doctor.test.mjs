// `hopctl doctor` on a sound installation, and on ten that each lack something: it names what, and how
// to mend it. The real hopd, coturn and a real mail server; the native client instead of a browser.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import dgram from 'node:dgram';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Coturn } from '../lib/coturn.mjs';
import { HOPD, Hopd } from '../lib/hopd.mjs';
import { until } from '../lib/until.mjs';

const AT = process.env.HOP_TEST_ADDRESS;
const SECRET = 'mật khẩu chung';
const PORTS = { https: 8443, http: 8080, media: 50000 };
let hopd, coturn, smtp, secret;

const sh = (...argv) => execFileSync(argv[0], argv.slice(1), { encoding: 'utf8' });

const more = (extra = '') => `workers=1
${extra}
[turn]
urls=turn:${AT}:3478;turn:${AT}:3478?transport=tcp
secret-file=${secret}

[mail]
server=127.0.0.1
port=2525
security=none
from=hop@example.vn
`;

/** Its findings by check; `change` edits the configuration that it reads. */
function doctor(change = (text) => text, expected = 1) {
  const conf = path.join(hopd.dir, 'doctor.conf');
  fs.writeFileSync(conf, change(hopd.configText().replace('[server]', `[server]\nstate-dir=${hopd.dir}/state`)));
  const ctl = path.join(path.dirname(HOPD), 'hopctl');
  let out, code = 0;
  try {
    out = sh(ctl, '--config', conf, '--json', 'doctor');
  } catch (e) {
    [out, code] = [e.stdout, e.status];
  }
  const report = JSON.parse(out);
  assert.equal(code, expected, out);
  assert.equal(report.ok, expected === 0);
  return report.checks;
}

function finds(checks, name, text, mend) {
  const found = checks.find((c) => c.check === name && c.verdict === 'fail');
  assert.ok(found, `${name} in ${JSON.stringify(checks, null, 1)}`);
  assert.match(found.text, text);
  assert.match(found.mend, mend);
}

before(async () => {
  hopd = new Hopd({ address: AT, ports: PORTS });
  secret = path.join(hopd.dir, 'turn-secret');
  fs.writeFileSync(secret, SECRET, { mode: 0o600 });
  hopd.options.config = more();
  await hopd.start();
  coturn = await new Coturn({ address: AT, secret: SECRET, peers: [AT] }).start();
  smtp = spawn('/usr/bin/python3', ['-m', 'aiosmtpd', '-n', '-l', '127.0.0.1:2525'], { stdio: 'ignore' });
  await until('the mail server listens', 15000, () => new Promise((resolve, reject) => {
    const s = net.connect(2525, '127.0.0.1', () => resolve(!!s.destroy()));
    s.on('error', reject);
  }));
}, { timeout: 60000 });

after(async () => {
  smtp?.kill();
  await coturn?.remove();
  await hopd?.remove();
});

test('a sound installation: everything is tried, nothing is wrong', { timeout: 60000 }, () => {
  const checks = doctor((t) => t, 0);
  const good = new Set(checks.filter((c) => c.verdict === 'ok').map((c) => c.check));
  for (const name of ['configuration', 'hopd', 'rights', 'disk', 'descriptors', 'https', 'websocket', 'udp', 'ice-tcp', 'gcm',
    'turn-udp', 'turn-tcp', 'smtp']) assert.ok(good.has(name), `${name}: ${JSON.stringify(checks.filter((c) => c.check === name))}`);
});

test('TURN secret, mail server, expired certificate, clock, rights', { timeout: 60000 }, () => {
  const other = path.join(hopd.dir, 'other-secret');
  const [key, cert, lock] = ['old.key', 'old.pem', 'state/lock'].map((f) => path.join(hopd.dir, f));
  fs.writeFileSync(other, 'another', { mode: 0o644 });
  sh('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=hop', '-keyout', key,
    '-out', path.join(hopd.dir, 'new.pem'), '-days', '1');
  sh('openssl', 'x509', '-in', path.join(hopd.dir, 'new.pem'), '-signkey', key, '-days', '-1', '-out', cert);
  const tomorrow = Date.now() / 1000 + 7200;
  fs.utimesSync(lock, tomorrow, tomorrow);
  const checks = doctor((t) => t.replace(`secret-file=${secret}`, `secret-file=${other}`).replace('port=2525', 'port=2526')
    .replace('[server]', `[server]\ncertificate=${cert}\nprivate-key=${key}`));
  fs.utimesSync(lock, Date.now() / 1000, Date.now() / 1000);
  finds(checks, 'turn-udp', /refuses hop's credentials/, /static-auth-secret/);
  finds(checks, 'turn-tcp', /refuses hop's credentials/, /static-auth-secret/);
  finds(checks, 'smtp', /2526/, /\[mail\]/);
  finds(checks, 'certificate-file', /expired|ended|no longer/i, /renew|new certificate/);
  finds(checks, 'clock', /behind/, /timesyncd/);
  finds(checks, 'rights', /other-secret.*everybody may read/, /chmod o=/);
});

test('blocked UDP', { timeout: 60000 }, () => {
  sh('nft', 'add table inet doc; add chain inet doc in { type filter hook input priority 0; }; add rule inet doc in udp dport 50000 drop');
  try {
    const checks = doctor();
    finds(checks, 'udp', /nobody answers at .* port 50000/, /let UDP 50000/);
    assert.equal(checks.find((c) => c.check === 'ice-tcp').verdict, 'ok');
  } finally {
    sh('nft', 'delete table inet doc');
  }
});

test('a wrong announced address, and too few descriptors', { timeout: 60000 }, async () => {
  await hopd.stop();
  hopd.options.config = more('announced-address=10.99.0.77');
  hopd.options.prefix = ['prlimit', '--nofile=1500'];
  await hopd.start();
  const checks = doctor();
  finds(checks, 'udp', /nobody answers at 10\.99\.0\.77/, /announced-address/);
  finds(checks, 'descriptors', /1500, but/, /LimitNOFILE/);
});

test('a worker\'s port that is taken, and a full disk', { timeout: 60000 }, async () => {
  await hopd.stop();
  const state = path.join(hopd.dir, 'state');
  const thief = dgram.createSocket('udp4');
  await new Promise((r) => thief.bind(PORTS.media, AT, r));
  sh('mount', '-t', 'tmpfs', '-o', 'size=1m', 'small', state);
  try {
    const checks = doctor();
    finds(checks, 'hopd', /does not run/, /systemctl start/);
    finds(checks, 'ports', /50000 of media worker 0 is in use/, /another port/);
    finds(checks, 'disk', /MB free/, /make room/);
  } finally {
    sh('umount', state);
    thief.close();
  }
});
