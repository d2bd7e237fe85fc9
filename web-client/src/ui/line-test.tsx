// /m/CODE/test: a technician's page before the meeting. Devices, the line through the real relay,
// and a result that the meeting's secretary sees.

import { useEffect, useMemo, useState } from 'preact/hooks';
import { browserCodecs, newBrowserPeer } from '../media/peer';
import type { LineTestResult } from '../protocol/rest';
import { api, meetUrl } from '../session/api';
import { openWebSocket } from '../session/socket';
import { client, loadClient, user } from '../state/account';
import { enterRoom, leaveRoom } from '../state/current';
import { bitRate, errorText, t } from '../state/i18n';
import { enoughUp, LineTest } from '../state/line-test';
import type { Room } from '../state/room';
import { go, readInvite } from '../state/router';
import { Button } from './parts/button';
import { Icon } from './parts/icons';
import { Page } from './parts/page';
import { Devices, DeviceToggles, Preview, Problems } from './prejoin';

export function LineTestPage({ code }: { code: string }) {
  const [room, setRoom] = useState<Room | null>(null);
  useEffect(() => {
    setRoom(enterRoom(code));
    return leaveRoom;
  }, [code]);
  const { lineTest } = t.value;
  return (
    <Page>
      <div class="prejoin">
        {room && (
          <section class="prejoin-look" aria-label={lineTest.title}>
            <Preview room={room} />
            <DeviceToggles room={room} />
            <Problems room={room} />
          </section>
        )}
        <section class="prejoin-form">
          <p class="eyebrow">{room?.info.value?.title}</p>
          <h1>{lineTest.title}</h1>
          <p>{lineTest.intro}</p>
          {room && <Test room={room} />}
          {room && <Devices room={room} />}
        </section>
      </div>
    </Page>
  );
}

function Test({ room }: { room: Room }) {
  const { lineTest } = t.value;
  const invite = readInvite(location.hash);
  const test = useMemo(
    () =>
      new LineTest({
        newPeer: newBrowserPeer,
        codecs: browserCodecs(),
        openSocket: openWebSocket,
        socketUrl: meetUrl(location),
        iceServers: async () => (client.value ?? (await loadClient())).ice_servers,
        send: (result) => api.sendLineTest(room.code, invite, result),
      }),
    [room],
  );
  const state = test.state.value;
  const busy = state.name === 'running';
  const run = (): void =>
    void test.run({
      code: room.code,
      invite,
      name: user.value?.name ?? room.invitation.value?.name ?? '',
      media: room.local.sending(),
      microphone: room.local.microphone.value.on ? room.local.microphone.value.track : null,
      camera: room.local.camera.value.track,
    });
  return (
    <div class="line-test" data-testid="line-test" data-state={state.name}>
      <Button kind="primary" wide busy={busy} disabled={busy} testId="line-test-run" onClick={run}>
        {busy ? lineTest.running : state.name === 'idle' ? lineTest.start : lineTest.again}
      </Button>
      <div role="status">
        {state.name === 'failed' && (
          <p class="problem" data-testid="line-test-error" data-code={state.code}>
            {errorText(state.code)}
          </p>
        )}
        {state.name === 'done' && (
          <>
            <Result result={state.result} />
            <Advice result={state.result} />
            {state.number && (
              <p data-testid="line-test-number">
                {lineTest.number} <strong>{state.number}</strong>
              </p>
            )}
            <p class="muted">{state.number ? lineTest.sent : lineTest.notSent}</p>
          </>
        )}
      </div>
      {test.recording.value && <Recording blob={test.recording.value} />}
      <Button testId="line-test-enter" onClick={() => go(`/m/${room.code}${location.hash}`)}>
        {lineTest.enter}
      </Button>
    </div>
  );
}

function Result({ result }: { result: LineTestResult }) {
  const { lineTest } = t.value;
  const percent = (share = 0): string => `${Math.round(share * 1000) / 10} %`;
  const kbps = (value = 0): string => bitRate(value * 1000);
  const lost = Math.max(result.loss_up ?? 0, result.loss_down ?? 0);
  const rows: [name: string, label: string, good: boolean, value: string][] = [
    ['udp', lineTest.udp, result.udp === true, ''],
    ['ice-tcp', lineTest.iceTcp, result.ice_tcp === true, ''],
    ...(result.turn === undefined
      ? []
      : [['turn', lineTest.turn, result.turn, ''] as [string, string, boolean, string]]),
    ['microphone', lineTest.microphone, result.heard_back === true, ''],
    [
      'camera',
      lineTest.camera,
      result.camera === true,
      result.camera ? `${result.width}×${result.height}` : '',
    ],
    ['up', lineTest.up, enoughUp(result), kbps(result.up_kbps)],
    ['down', lineTest.down, (result.down_kbps ?? 0) > 0, kbps(result.down_kbps)],
    ['rtt', lineTest.rtt, (result.rtt_ms ?? 0) < 300, `${result.rtt_ms} ms`],
    [
      'loss',
      lineTest.loss,
      lost < 0.03,
      `${percent(result.loss_up)} / ${percent(result.loss_down)}`,
    ],
  ];
  return (
    <dl class="line-test-result" data-testid="line-test-result">
      {rows.map(([name, label, good, value]) => (
        <div key={name} data-testid={`line-test-${name}`} data-good={good}>
          <dt>{label}</dt>
          <dd>
            {value}
            <span class={good ? 'good' : 'bad'}>
              <Icon name={good ? 'check' : 'warning'} size={16} />
              {good ? lineTest.good : lineTest.bad}
            </span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Advice({ result }: { result: LineTestResult }) {
  const { lineTest } = t.value;
  const advice = [
    !result.heard_back && lineTest.noMicrophone,
    !result.camera && lineTest.noCamera,
    result.tcp && lineTest.tcp,
    result.camera && !enoughUp(result) && lineTest.slow,
  ].filter(Boolean);
  return advice.length > 0 ? (
    <ul class="line-test-advice">
      {advice.map((text) => (
        <li key={String(text)}>{text}</li>
      ))}
    </ul>
  ) : null;
}

function Recording({ blob }: { blob: Blob }) {
  const { lineTest } = t.value;
  const url = useMemo(() => URL.createObjectURL(blob), [blob]);
  useEffect(() => () => URL.revokeObjectURL(url), [url]);
  return (
    <figure class="line-test-recording">
      <figcaption>{lineTest.listen}</figcaption>
      {/* biome-ignore lint/a11y/useMediaCaption: one's own voice needs no captions. */}
      <audio controls src={url} data-testid="line-test-recording" />
    </figure>
  );
}
