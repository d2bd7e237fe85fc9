// One's own line in figures and in words: what it does now, and what the server decided because of
// it. Written so that it can be read out to, or copied for, an operator.

import { formatTime } from '../../i18n/format';
import type { Decision } from '../../protocol/messages';
import { bitRate, percent, t } from '../../state/i18n';
import type { Room } from '../../state/room';
import { Button } from '../parts/button';
import { QualityMark } from '../parts/quality';
import { PanelFrame } from './panel';
import { copyText } from './stage';

export function ConnectionPanel({ room, onClose }: { room: Room; onClose: () => void }) {
  const { line } = t.value;
  const quality = room.ownQuality.value;
  const hint = { good: line.well, poor: line.poorHint, lost: line.lostHint }[quality];
  const decisions = room.notes.decisions.value;
  return (
    <PanelFrame title={line.title} onClose={onClose} testId="connection-panel">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable by key. */}
      <section class="connection" tabIndex={0} aria-label={line.title}>
        <p class="connection-verdict" data-testid="own-quality" data-quality={quality}>
          <QualityMark quality={quality} />
          <span>
            <strong>{line.quality[quality]}</strong> {hint}
          </span>
        </p>
        <dl class="line-facts">
          {factsOf(room).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value || '–'}</dd>
            </div>
          ))}
        </dl>
        <h3>{line.decisions}</h3>
        {decisions.length === 0 ? (
          <p class="muted">{line.noDecisions}</p>
        ) : (
          <ol class="decisions" data-testid="decisions">
            {decisions.map((decision, i) => (
              <li key={`${decision.at}${decisions.length - i}`}>
                <time dateTime={decision.at}>{clock(decision.at)}</time>
                <span>{wordsOf(room, decision)}</span>
              </li>
            ))}
          </ol>
        )}
      </section>
      <div class="connection-actions">
        <Button
          small
          icon="copy"
          testId="copy-connection"
          onClick={() => void copyText(reportOf(room), t.value.common.copied)}
        >
          {line.copy}
        </Button>
      </div>
    </PanelFrame>
  );
}

/** With seconds: what happened when matters. */
function clock(iso: string): string {
  const seconds = new Date(iso).getSeconds();
  const time = formatTime(iso);
  return time && `${time}:${String(seconds).padStart(2, '0')}`;
}

function factsOf(room: Room): [string, string][] {
  const { line } = t.value;
  const figures = room.figures.value;
  const path = room.path.value;
  const news = room.notes.news.value;
  const ms = (value: number | undefined): string => (value === undefined ? '' : `${value} ms`);
  const { report } = figures ?? {};
  return [
    [line.path, (path?.path ?? figures?.protocol ?? '').toUpperCase()],
    [line.encryption, path?.srtp.replaceAll('_', '-') ?? ''],
    [line.roundTrip, ms(report?.rtt_ms)],
    [line.jitter, ms(report?.jitter_ms)],
    [line.rateUp, figures ? bitRate(figures.upBps) : ''],
    [line.rateDown, figures ? bitRate(figures.downBps) : ''],
    [line.lossUp, report ? percent(report.loss_up) : ''],
    [line.lossDown, report ? percent(report.loss_down) : ''],
    [line.estimate, news?.down_kbps ? bitRate(news.down_kbps * 1000) : ''],
    [line.sending, sentPicture(room)],
  ];
}

function sentPicture(room: Room): string {
  const { line } = t.value;
  if (!room.local.camera.value.track && !room.local.screen.value) return line.noPicture;
  const looked = room.call.looked.value;
  if (!room.local.screen.value && looked.camera === -1) return line.unwatched;
  const picture = room.figures.value?.picture;
  if (!picture) return '';
  return line.codec(picture.codec, `${picture.width} × ${picture.height}, ${picture.fps}/s`);
}

function wordsOf(room: Room, decision: Decision): string {
  const { line } = t.value;
  const { what, reason, kbps, layer } = decision;
  const rate = kbps === undefined ? '–' : bitRate(kbps * 1000);
  const person = room.roster.nameOf(decision.participant ?? '') || line.someone;
  const name = decision.source === 'screen' ? line.screen(person) : person;
  const told: Record<string, (() => string) | undefined> = {
    estimate: () => line.what.estimate(rate),
    probe: () => line.what.probe(rate),
    layer: () => line.what.layer(name, line.levels[layer ?? -1] ?? '–'),
    pause: () => line.what.pause(name),
    resume: () => line.what.resume(name),
    key_frame: () => line.what.key_frame(name),
  };
  const reasons: Record<string, string | undefined> = line.reasons;
  const why = reasons[reason] ?? reason;
  return `${told[what]?.() ?? line.what.other(what)}${why ? ` (${why})` : ''}`;
}

/** Plain text: figures as shown, decisions as the server wrote them. */
function reportOf(room: Room): string {
  const self = room.roster.self.value;
  const head = [
    `hop ${room.code} ${self?.name ?? ''} (${self?.id ?? ''})`,
    new Date().toISOString(),
    navigator.userAgent,
  ];
  const facts = factsOf(room).map(([name, value]) => `${name}: ${value || '-'}`);
  const decisions = room.notes.decisions.value.map((decision) => JSON.stringify(decision));
  return [...head, ...facts, ...decisions].join('\n');
}
