// Getting ready: name, picture, microphone, speaker, and what to do when a device refuses.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { formatDateTime, formatTime, tidy } from '../i18n/format';
import { playTestSound } from '../media/speaker-test';
import type { ErrorCode } from '../protocol/errors';
import { user } from '../state/account';
import { errorText, t } from '../state/i18n';
import type { Room } from '../state/room';
import { change, settings } from '../state/settings';
import { Button, IconButton } from './parts/button';
import { Select, Switch, TextField } from './parts/field';
import { Icon } from './parts/icons';
import { Avatar, Meter, Picture } from './parts/media';
import { Page } from './parts/page';

export function Prejoin({ room }: { room: Room }) {
  const { prejoin } = t.value;
  const info = room.info.value;
  return (
    <Page>
      <div class="prejoin">
        <section class="prejoin-look" aria-label={prejoin.title}>
          <Preview room={room} />
          <DeviceToggles room={room} />
          <Problems room={room} />
        </section>
        <section class="prejoin-form">
          <p class="eyebrow">{prejoin.title}</p>
          <h1>{info?.title || prejoin.untitled}</h1>
          <When room={room} />
          <JoinForm room={room} />
          <Devices room={room} />
        </section>
      </div>
    </Page>
  );
}

function When({ room }: { room: Room }) {
  const { prejoin } = t.value;
  const info = room.info.value;
  if (!info) return null;
  const times = info.starts_at
    ? prejoin.starts(formatDateTime(info.starts_at), info.ends_at ? formatTime(info.ends_at) : '')
    : '';
  return (
    <>
      <ul class="facts">
        {times && (
          <li>
            <Icon name="calendar" size={18} /> {times}
          </li>
        )}
        {info.status === 'open' && (
          <li>
            <Icon name="people" size={18} /> {prejoin.inRoom(info.participants)}
          </li>
        )}
      </ul>
      {info.status === 'early' && info.opens_at && (
        <p class="hint-box" role="status">
          <Icon name="clock" size={20} />
          <span>{prejoin.early(formatDateTime(info.opens_at))}</span>
        </p>
      )}
    </>
  );
}

function JoinForm({ room }: { room: Room }) {
  const { prejoin } = t.value;
  const invited = room.invitation.value?.name;
  const fixed = user.value !== null || invited !== undefined;
  const [name, setName] = useState(user.value?.name ?? invited ?? settings.value.name);
  const [password, setPassword] = useState('');
  const [missing, setMissing] = useState(false);
  const [together, setTogether] = useState(settings.value.hall !== '');
  const [hall, setHall] = useState(settings.value.hall);
  const [site, setSite] = useState(1);
  const form = useRef<HTMLFormElement>(null);
  const busy = room.stage.value.name === 'joining';
  const error = room.joinError.value;
  useEffect(() => {
    form.current?.querySelector<HTMLElement>(name ? 'button' : 'input')?.focus();
  }, []);
  return (
    <form
      ref={form}
      class="join"
      onSubmit={(event) => {
        event.preventDefault();
        const clean = tidy(name);
        setMissing(!clean);
        if (clean)
          void room.join(clean, { password, ...(together ? { hall: tidy(hall), site } : {}) });
        else form.current?.querySelector('input')?.focus();
      }}
    >
      <TextField
        label={prejoin.name}
        hint={user.value ? prejoin.nameFixed : invited ? prejoin.nameInvited : prejoin.nameHint}
        error={missing ? prejoin.nameMissing : error === 'name.invalid' ? errorText(error) : null}
        value={name}
        name="name"
        autoComplete="name"
        maxLength={80}
        readOnly={fixed}
        testId="join-name"
        onInput={(value) => {
          setName(value);
          setMissing(false);
        }}
      />
      {room.wantsPassword.value && (
        <TextField
          label={prejoin.password}
          hint={prejoin.passwordHint}
          value={password}
          type="password"
          autoComplete="off"
          maxLength={128}
          testId="join-password"
          onInput={setPassword}
        />
      )}
      <div class="together">
        <Switch
          label={prejoin.together}
          checked={together}
          testId="join-together"
          onChange={setTogether}
        />
        {together && (
          <div class="together-fields">
            <TextField
              label={prejoin.hall}
              placeholder={prejoin.hallPlaceholder}
              value={hall}
              maxLength={80}
              testId="join-hall"
              onInput={setHall}
            />
            <TextField
              label={prejoin.site}
              inputMode="numeric"
              maxLength={4}
              value={String(site || '')}
              testId="join-site"
              onInput={(text) => setSite(Math.min(9999, Number(text.replace(/\D/g, ''))))}
            />
            <p class="field-note">{prejoin.hallHint}</p>
          </div>
        )}
      </div>
      <Button type="submit" kind="primary" wide busy={busy} disabled={busy} testId="join-button">
        {busy ? prejoin.joining : prejoin.join}
      </Button>
      {error && error !== 'name.invalid' && (
        <p class="problem" role="alert" data-testid="join-error" data-code={error}>
          {errorText(error)}
        </p>
      )}
    </form>
  );
}

/** One's own picture, as the others will see it. */
export function Preview({ room }: { room: Room }) {
  const { prejoin } = t.value;
  const { track, opening } = room.local.camera.value;
  const stream = useMemo(() => (track ? new MediaStream([track]) : null), [track]);
  return (
    <div class="preview" data-testid="preview">
      {stream ? (
        <Picture stream={stream} mirrored={settings.value.mirror} />
      ) : (
        <div class="preview-off">
          <Avatar name={settings.value.name || '?'} large />
          <p>{opening ? prejoin.cameraStarting : prejoin.cameraOff}</p>
        </div>
      )}
    </div>
  );
}

export function DeviceToggles({ room }: { room: Room }) {
  const { meeting, prejoin } = t.value;
  const microphone = room.local.microphone.value;
  const camera = room.local.camera.value;
  const level = useMemo(() => () => room.local.level(), [room]);
  return (
    <div class="device-bar">
      <IconButton
        icon={microphone.on ? 'microphone' : 'microphone-off'}
        label={microphone.on ? meeting.microphoneOn : meeting.microphoneOff}
        keys="Ctrl+D"
        tone={microphone.on ? 'plain' : 'off'}
        testId="toggle-microphone"
        onClick={() => void room.toggleMicrophone()}
      />
      <IconButton
        icon={camera.on ? 'camera' : 'camera-off'}
        label={camera.on ? meeting.cameraOn : meeting.cameraOff}
        keys="Ctrl+E"
        tone={camera.on ? 'plain' : 'off'}
        testId="toggle-camera"
        onClick={() => void room.toggleCamera()}
      />
      <div class="device-level">
        {microphone.on && microphone.track ? (
          <>
            <Meter level={level} label={prejoin.level} />
            <p>{prejoin.speakNow}</p>
          </>
        ) : (
          <p>{prejoin.microphoneOff}</p>
        )}
      </div>
    </div>
  );
}

export function Problems({ room }: { room: Room }) {
  const { prejoin } = t.value;
  const microphone = room.local.microphone.value.error;
  const camera = room.local.camera.value.error;
  if (!microphone && !camera) return null;
  const openMicrophone = (): void => void room.local.setMicrophone(true);
  const openCamera = (): void => void room.local.setCamera(true);
  return (
    <div class="problems">
      {microphone && microphone === camera ? (
        <Problem
          what={prejoin.bothProblem}
          code={microphone}
          retry={() => {
            openMicrophone();
            openCamera();
          }}
        />
      ) : (
        <>
          {microphone && (
            <Problem what={prejoin.microphoneProblem} code={microphone} retry={openMicrophone} />
          )}
          {camera && <Problem what={prejoin.cameraProblem} code={camera} retry={openCamera} />}
        </>
      )}
      <p class="muted">{prejoin.canJoinAnyway}</p>
    </div>
  );
}

function Problem(props: { what: string; code: ErrorCode; retry: () => void }) {
  return (
    <div class="problem-box" role="alert" data-testid="device-problem" data-code={props.code}>
      <Icon name="warning" size={20} />
      <div>
        <p>
          <strong>{props.what}</strong>
          {errorText(props.code)}
        </p>
        <p>{t.value.deviceHelp[props.code]}</p>
        <Button small onClick={props.retry}>
          {t.value.common.retry}
        </Button>
      </div>
    </div>
  );
}

/** Which microphone, camera and speaker; also in the settings of a meeting. */
export function Devices({ room }: { room: Room }) {
  const { prejoin } = t.value;
  const { microphones, cameras, speakers } = room.local.lists.value;
  const { microphoneId, cameraId, speakerId } = settings.value;
  const [playing, setPlaying] = useState(false);
  const test = async (): Promise<void> => {
    setPlaying(true);
    await playTestSound(settings.value.speakerId).catch(() => {});
    setPlaying(false);
  };
  const choices = (devices: { id: string; label: string }[]) =>
    devices.length === 0
      ? [{ value: '', label: prejoin.noDevice }]
      : [
          { value: '', label: prejoin.defaultDevice },
          ...devices
            .filter(({ id }) => id !== 'default')
            .map(({ id, label }, i) => ({ value: id, label: label || `${i + 1}` })),
        ];
  return (
    <div class="devices">
      <Select
        label={prejoin.microphone}
        value={microphoneId}
        options={choices(microphones)}
        disabled={microphones.length === 0}
        testId="choose-microphone"
        onChange={(id) => void room.local.chooseMicrophone(id)}
      />
      <Select
        label={prejoin.camera}
        value={cameraId}
        options={choices(cameras)}
        disabled={cameras.length === 0}
        testId="choose-camera"
        onChange={(id) => void room.local.chooseCamera(id)}
      />
      <div class="speaker-row">
        {speakers.length > 0 && (
          <Select
            label={prejoin.speaker}
            value={speakerId}
            options={choices(speakers)}
            testId="choose-speaker"
            onChange={(id) => change({ speakerId: id })}
          />
        )}
        <Button icon="sound" busy={playing} testId="test-speaker" onClick={() => void test()}>
          {playing ? prejoin.testing : prejoin.testSpeaker}
        </Button>
      </div>
    </div>
  );
}
