// The first page: start a meeting, join one, and those that were joined before.

import { useState } from 'preact/hooks';
import { formatDateTime } from '../i18n/format';
import { errorCode } from '../protocol/errors';
import { api } from '../session/api';
import { client, user } from '../state/account';
import { errorText, t } from '../state/i18n';
import { forget, recent } from '../state/recent';
import { go, readCode } from '../state/router';
import { Button, IconButton } from './parts/button';
import { TextField } from './parts/field';
import { Icon } from './parts/icons';
import { Link, Page } from './parts/page';

export function Home() {
  const { home } = t.value;
  const mayStart = client.value?.rooms.anonymous !== false || user.value !== null;
  return (
    <Page at="home">
      <div class="home">
        <section class="hero">
          <h1>{home.headline}</h1>
          <p class="lead">{home.intro}</p>
          <div class="card entrance">
            {mayStart && <Start />}
            {mayStart && (
              <div class="or" aria-hidden="true">
                <span>{home.or}</span>
              </div>
            )}
            <Join />
          </div>
        </section>
        <Recent />
      </div>
    </Page>
  );
}

function Start() {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const start = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      const { code } = await api.newRoom();
      go(`/m/${code}`);
    } catch (caught) {
      setError(errorText(errorCode(caught)));
      setBusy(false);
    }
  };
  return (
    <div>
      <Button kind="primary" icon="video" wide busy={busy} testId="home-start" onClick={start}>
        {busy ? t.value.home.starting : t.value.home.start}
      </Button>
      {error && (
        <p class="problem" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

function Join() {
  const { home } = t.value;
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState(false);
  return (
    <form
      class="join-form"
      onSubmit={(event) => {
        event.preventDefault();
        const code = readCode(text);
        if (code) go(`/m/${code}`);
        setWrong(code === null);
      }}
    >
      <TextField
        label={home.joinLabel}
        value={text}
        placeholder={home.joinPlaceholder}
        error={wrong ? home.joinInvalid : null}
        testId="home-code"
        onInput={(value) => {
          setText(value);
          setWrong(false);
        }}
      />
      <Button type="submit" icon="enter" testId="home-join">
        {home.join}
      </Button>
    </form>
  );
}

function Recent() {
  const { home, prejoin } = t.value;
  return (
    <section class="recent" aria-labelledby="recent-title">
      <h2 id="recent-title">{home.recent}</h2>
      {recent.value.length === 0 ? (
        <div class="recent-empty">
          <Icon name="clock" size={28} />
          <p>{home.recentEmpty}</p>
        </div>
      ) : (
        <ul>
          {recent.value.map(({ code, title, at }) => (
            <li key={code}>
              <Link to={`/m/${code}`} class="recent-entry">
                <strong>{title || prejoin.untitled}</strong>
                <span class="code">{code}</span>
                <span class="when">{home.joinedAt(formatDateTime(at))}</span>
              </Link>
              <IconButton
                icon="close"
                label={`${home.forget}: ${title || code}`}
                size="small"
                tip="none"
                onClick={() => forget(code)}
              />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
