// One's own account: password, where one is signed in, the second factor.

import { useEffect, useState } from 'preact/hooks';
import { encode } from 'uqr';
import { formatDateTime } from '../../i18n/format';
import { errorCode } from '../../protocol/errors';
import type { Account, Session } from '../../protocol/rest';
import { api } from '../../session/api';
import { meetingsApi } from '../../session/meetings-api';
import { noteSignedOut, signOut } from '../../state/account';
import { errorText, t } from '../../state/i18n';
import { toast } from '../../state/toasts';
import { words } from '../../state/words';
import { copyText } from '../meeting/stage';
import { Button } from '../parts/button';
import { TextField } from '../parts/field';
import { deviceName } from './device-name';
import { FeedLink } from './feed';
import { PasswordForm, passwordProblem } from './password-form';
import { SignedIn } from './sign-in';
import { Tokens } from './tokens';
import '../styles/admin.css';
import '../styles/people.css';

export function AccountPage() {
  return (
    <SignedIn at="account">
      <Mine />
    </SignedIn>
  );
}

function Mine() {
  const { account: text, common, people } = t.value;
  const [me, setMe] = useState<Account | null>(null);
  const load = (): void =>
    void api.me().then(setMe, (error: unknown) => {
      noteSignedOut(error);
      toast(errorText(errorCode(error)), 'bad');
    });
  useEffect(load, []);
  if (!me) return <span class="spinner large" role="status" aria-label={common.loading} />;
  return (
    <div class="admin narrow">
      <header class="page-head">
        <div>
          <h1>{me.name}</h1>
          <p class="muted">
            {[me.username, me.title, me.roles.map((role) => people.roles[role]).join(', ')]
              .filter(Boolean)
              .join(' · ')}
          </p>
        </div>
        <Button icon="out" testId="sign-out" onClick={() => void signOut()}>
          {common.signOut}
        </Button>
      </header>
      <section class="card account-part">
        <h2>{text.password}</h2>
        <PasswordForm onDone={() => toast(text.passwordChanged, 'good')} />
      </section>
      <section class="card account-part">
        <h2>{text.totp}</h2>
        <SecondFactor on={me.totp} onChange={load} />
      </section>
      <section class="card account-part">
        <h2>{words.value.feeds.title}</h2>
        <FeedLink read={meetingsApi.feed} make={meetingsApi.makeFeed} end={meetingsApi.endFeed} />
      </section>
      <section class="card account-part">
        <h2>{text.sessions}</h2>
        <Sessions />
      </section>
      <section class="card account-part">
        <h2>{words.value.tokens.title}</h2>
        <Tokens />
      </section>
    </div>
  );
}

function SecondFactor({ on, onChange }: { on: boolean; onChange: () => void }) {
  const { account: text, common } = t.value;
  const [offer, setOffer] = useState<{ secret: string; uri: string } | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const [code, setCode] = useState('');
  const [password, setPassword] = useState('');
  const [ending, setEnding] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const run = async (work: () => Promise<void>): Promise<void> => {
    setProblem(null);
    try {
      await work();
      setPassword('');
      setCode('');
    } catch (error) {
      setProblem(passwordProblem(error));
    }
  };
  if (codes)
    return (
      <>
        <p role="status">{text.recoveryText}</p>
        <ul class="recovery" data-testid="recovery-codes">
          {codes.map((one) => (
            <li key={one}>{one}</li>
          ))}
        </ul>
        <div class="form-actions">
          <Button icon="copy" onClick={() => void copyText(codes.join('\n'))}>
            {text.copyCodes}
          </Button>
          <Button
            kind="primary"
            onClick={() => {
              setCodes(null);
              onChange();
            }}
          >
            {text.codesKept}
          </Button>
        </div>
      </>
    );
  const passwordField = (
    <TextField
      label={text.old}
      type="password"
      value={password}
      autoComplete="current-password"
      testId="totp-password"
      onInput={setPassword}
    />
  );
  if (!offer && !ending)
    return (
      <>
        <p class="muted">{on ? text.totpOn : text.totpOff}</p>
        {problem && <p class="problem">{problem}</p>}
        <div class="form-actions">
          {on ? (
            <Button testId="totp-end" onClick={() => setEnding(true)}>
              {text.totpEnd}
            </Button>
          ) : (
            <Button
              kind="primary"
              icon="lock"
              testId="totp-begin"
              onClick={() => void run(async () => setOffer(await api.offerTotp()))}
            >
              {text.totpBegin}
            </Button>
          )}
        </div>
      </>
    );
  return (
    <form
      class="meeting-form"
      onSubmit={(event) => {
        event.preventDefault();
        void run(async () => {
          if (ending) {
            await api.endTotp(password);
            setEnding(false);
            onChange();
          } else if (offer) {
            const answer = await api.setTotp(offer.secret, code, password);
            setOffer(null);
            setCodes(answer.recovery_codes);
          }
        });
      }}
    >
      {offer && (
        <>
          <p>{text.scan}</p>
          <QrCode text={offer.uri} label={text.qr} />
          <p class="muted">
            {text.byHand}{' '}
            <code data-testid="totp-secret">{offer.secret.replace(/(.{4})/g, '$1 ')}</code>
          </p>
          <TextField
            label={text.code}
            value={code}
            inputMode="numeric"
            autoComplete="one-time-code"
            testId="totp-code"
            onInput={setCode}
          />
        </>
      )}
      {passwordField}
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <div class="form-actions">
        <Button
          kind="quiet"
          onClick={() => {
            setOffer(null);
            setEnding(false);
            setProblem(null);
          }}
        >
          {common.cancel}
        </Button>
        <Button
          type="submit"
          kind={ending ? 'danger' : 'primary'}
          disabled={!password || (offer !== null && !code)}
          testId="totp-save"
        >
          {ending ? text.totpEnd : text.totpBegin}
        </Button>
      </div>
    </form>
  );
}

/** Dark on light in both themes: cameras read it so. */
function QrCode({ text, label }: { text: string; label: string }) {
  const { data, size } = encode(text, { border: 2 });
  const path = data
    .flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : '')))
    .join('');
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label}>
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" shape-rendering="crispEdges" />
    </svg>
  );
}

function Sessions() {
  const { account: text } = t.value;
  const [sessions, setSessions] = useState<Session[]>([]);
  const load = (): void =>
    void api.sessions().then(
      (all) => setSessions(all.sort((a, b) => b.seen_at.localeCompare(a.seen_at))),
      (error: unknown) => toast(errorText(errorCode(error)), 'bad'),
    );
  useEffect(load, []);
  return (
    <ul class="sessions">
      {sessions.map((session) => (
        <li key={session.id} data-testid="session">
          <div>
            <strong>{deviceName(session.agent) || text.unknownDevice}</strong>
            <span class="muted">
              {session.address} · {text.since(formatDateTime(session.created_at))}
            </span>
          </div>
          {session.this ? (
            <span class="status open">{text.thisOne}</span>
          ) : (
            <Button
              small
              testId="session-end"
              onClick={() =>
                void api
                  .endSession(session.id)
                  .then(load, (error: unknown) => toast(errorText(errorCode(error)), 'bad'))
              }
            >
              {text.end}
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
}
