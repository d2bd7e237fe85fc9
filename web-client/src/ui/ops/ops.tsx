// The operators' live page.

import { useEffect } from 'preact/hooks';
import { formatDuration } from '../../i18n/format';
import type { LiveParticipant, LiveRoom, LiveWorker } from '../../protocol/rest';
import { bitRate, bytes, percent, t } from '../../state/i18n';
import { history, live, liveError, sampleOf, watchLive } from '../../state/operations';
import { SignedIn } from '../admin/sign-in';
import { Icon } from '../parts/icons';
import { Spark } from './spark';
import '../styles/admin.css';
import '../styles/ops.css';

export function Ops() {
  return (
    <SignedIn at="ops">
      <Board />
    </SignedIn>
  );
}

function Board() {
  const { ops, common } = t.value;
  useEffect(watchLive, []);
  const now = live.value;
  return (
    <div class="ops">
      <header class="page-head">
        <div>
          <h1>{ops.title}</h1>
          <p class="muted live-state">
            <span class={`pulse${liveError.value ? ' stale' : ''}`} aria-hidden="true" />
            {ops.live}
          </p>
        </div>
      </header>
      {liveError.value && (
        <p class="problem" role="alert">
          {ops.stale}
        </p>
      )}
      {now ? (
        <>
          <Totals />
          <section class="ops-section">
            <h2>{ops.workers}</h2>
            <ul class="workers">
              {now.workers.map((worker, i) => (
                <Worker key={worker.index} worker={worker} place={i} />
              ))}
            </ul>
          </section>
          <section class="ops-section">
            <h2>
              {ops.rooms} <span class="count">{now.rooms.length}</span>
            </h2>
            {now.rooms.length === 0 ? (
              <div class="empty card">
                <Icon name="video" size={40} />
                <h3>{ops.empty}</h3>
                <p>{ops.emptyHint}</p>
              </div>
            ) : (
              now.rooms.map((room) => <RoomTable key={room.code} room={room} />)
            )}
          </section>
        </>
      ) : (
        !liveError.value && <span class="spinner large" role="status" aria-label={common.loading} />
      )}
    </div>
  );
}

function Totals() {
  const { ops } = t.value;
  const now = live.value;
  if (!now) return null;
  const sample = sampleOf(now);
  const charts: { name: string; value: string; points: number[]; tone: string }[] = [
    {
      name: ops.participants,
      value: String(sample.participants),
      points: history.value.map(({ participants }) => participants),
      tone: 'people',
    },
    {
      name: ops.receiving,
      value: bitRate(sample.rx),
      points: history.value.map(({ rx }) => rx),
      tone: 'rx',
    },
    {
      name: ops.sending,
      value: bitRate(sample.tx),
      points: history.value.map(({ tx }) => tx),
      tone: 'tx',
    },
  ];
  const facts: [string, string][] = [
    [ops.memory, bytes(now.memory_bytes)],
    [ops.uptime, formatDuration(now.uptime_s * 1000)],
    [ops.version, now.version],
  ];
  return (
    <div class="totals">
      {charts.map(({ name, value, points, tone }) => (
        <div key={name} class="card total">
          <span class="total-name">{name}</span>
          <strong>{value}</strong>
          <Spark points={points} tone={tone} label={ops.chart(name, value)} />
        </div>
      ))}
      <dl class="card total facts-list">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value || '–'}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function Worker({ worker, place }: { worker: LiveWorker; place: number }) {
  const { ops } = t.value;
  const drops = Object.entries(worker.drops).filter(([, n]) => n > 0);
  const cpu = percent(worker.cpu);
  return (
    <li class="card worker" data-testid="ops-worker">
      <div class="worker-head">
        <h3>{ops.worker(worker.index)}</h3>
        <span class={`load${worker.cpu > 0.8 ? ' high' : ''}`}>
          {ops.cpu} <strong>{cpu}</strong>
        </span>
      </div>
      <Spark
        points={history.value.map(({ cpu: all }) => all[place] ?? 0)}
        tone="cpu"
        max={1}
        label={ops.chart(ops.cpu, cpu)}
      />
      <p class="worker-facts">
        <span>
          {ops.rooms} <strong>{worker.rooms}</strong>
        </span>
        <span>
          {ops.peers} <strong>{worker.peers}</strong>
        </span>
        <span>
          ↓ <strong>{bitRate(worker.rx_bps)}</strong>
        </span>
        <span>
          ↑ <strong>{bitRate(worker.tx_bps)}</strong>
        </span>
      </p>
      {drops.length > 0 && (
        <p class="worker-drops">
          {ops.drops}: {drops.map(([name, n]) => `${name} ${n}`).join(', ')}
        </p>
      )}
    </li>
  );
}

function RoomTable({ room }: { room: LiveRoom }) {
  const { ops, common } = t.value;
  return (
    <article class="card room-table" data-testid="ops-room" data-code={room.code}>
      <header>
        <h3>{room.title || room.code}</h3>
        <span class="code">{room.code}</span>
        <span class="muted">{common.people(room.participants.length)}</span>
        <a
          class="room-dump"
          href={`/api/v1/ops/rooms/${encodeURIComponent(room.code)}/dump`}
          target="_blank"
          rel="noopener"
          data-testid="ops-dump"
        >
          {ops.dump}
        </a>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable by key. */}
      <section class="table-scroll" tabIndex={0} aria-label={room.title || room.code}>
        <table>
          <thead>
            <tr>
              <th scope="col">{ops.name}</th>
              <th scope="col">{ops.line}</th>
              <th scope="col">{ops.path}</th>
              <th scope="col">{ops.receiving}</th>
              <th scope="col">{ops.sending}</th>
              <th scope="col" title={ops.lossUp}>
                {ops.loss} ↓
              </th>
              <th scope="col" title={ops.lossDown}>
                {ops.loss} ↑
              </th>
              <th scope="col">{ops.rtt}</th>
            </tr>
          </thead>
          <tbody>
            {room.participants.map((person) => (
              <PersonRow key={person.id} person={person} />
            ))}
          </tbody>
        </table>
      </section>
    </article>
  );
}

function PersonRow({ person }: { person: LiveParticipant }) {
  const { lines } = t.value;
  const line = person.line === 'up' || person.line === 'down' ? person.line : 'connecting';
  return (
    <tr data-testid="ops-participant">
      <th scope="row">{person.name || person.id}</th>
      <td>
        <span class={`dot ${line}`} aria-hidden="true" /> {lines[line]}
      </td>
      <td>{person.path.toUpperCase() || '–'}</td>
      <td class="figure">{bitRate(person.rx_bps)}</td>
      <td class="figure">{bitRate(person.tx_bps)}</td>
      <Loss share={person.rx_loss} />
      <Loss share={person.tx_loss} />
      <td class="figure">{person.rtt_ms ? `${Math.round(person.rtt_ms)} ms` : '–'}</td>
    </tr>
  );
}

function Loss({ share }: { share: number }) {
  const level = share > 0.05 ? ' bad' : share > 0.02 ? ' weak' : '';
  return <td class={`figure${level}`}>{percent(share)}</td>;
}
