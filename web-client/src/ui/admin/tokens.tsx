// Access tokens for other software, in the own account.

import { useState } from 'preact/hooks';
import { formatDateTime, tidy } from '../../i18n/format';
import { errorCode } from '../../protocol/errors';
import { type TokenScope, tokenScopes } from '../../protocol/meetings';
import { meetingsApi } from '../../session/meetings-api';
import { has, noteSignedOut } from '../../state/account';
import { errorText, t } from '../../state/i18n';
import { toast } from '../../state/toasts';
import { words } from '../../state/words';
import { copyText } from '../meeting/stage';
import { Button } from '../parts/button';
import { TextField } from '../parts/field';
import { useLoaded } from '../parts/load';

const failed = (error: unknown): void => {
  noteSignedOut(error);
  toast(errorText(errorCode(error)), 'bad');
};

/** A token can do no more than who makes it. */
function scopesForMe(): TokenScope[] {
  return tokenScopes.filter((scope) => {
    if (has('administrator')) return true;
    if (scope === 'ops:read') return has('operator');
    if (scope === 'users:write' || scope === 'itip') return false;
    return scope === 'meetings:read' || has('secretary');
  });
}

export function Tokens() {
  const { tokens: text } = words.value;
  const list = useLoaded(() => meetingsApi.tokens(), []);
  const [making, setMaking] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  if (secret !== null)
    return (
      <>
        <p role="status">{text.made}</p>
        <p class="code token-secret" data-testid="token-secret">
          {secret}
        </p>
        <div class="form-actions">
          <Button icon="copy" onClick={() => void copyText(secret, text.copied)}>
            {t.value.common.copy}
          </Button>
          <Button kind="primary" testId="token-done" onClick={() => setSecret(null)}>
            {text.done}
          </Button>
        </div>
      </>
    );
  return (
    <>
      <p class="muted">{text.text}</p>
      {list.error && <p class="problem">{errorText(list.error)}</p>}
      {list.value?.length === 0 && !making && <p>{text.empty}</p>}
      <ul class="sessions">
        {list.value?.map((one) => (
          <li key={one.id} data-testid="token">
            <div>
              <strong>{one.name}</strong>
              <span class="muted">
                {one.scopes.map((name) => text.scope[name as TokenScope] ?? name).join(', ')}
                {' · '}
                {one.used_at ? text.used(formatDateTime(one.used_at)) : text.neverUsed}
              </span>
            </div>
            <Button
              small
              testId="token-end"
              onClick={() =>
                void meetingsApi.endToken(one.id).then(() => {
                  toast(text.ended, 'good');
                  list.again();
                }, failed)
              }
            >
              {text.end}
            </Button>
          </li>
        ))}
      </ul>
      {making ? (
        <Form
          onClose={() => setMaking(false)}
          onMade={(made) => {
            setMaking(false);
            setSecret(made);
            list.again();
          }}
        />
      ) : (
        <div class="form-actions">
          <Button icon="plus" testId="token-add" onClick={() => setMaking(true)}>
            {text.make}
          </Button>
        </div>
      )}
    </>
  );
}

function Form({ onClose, onMade }: { onClose: () => void; onMade: (secret: string) => void }) {
  const { tokens: text } = words.value;
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<TokenScope[]>([]);
  const [errors, setErrors] = useState<{ name?: string; scopes?: string }>({});
  const submit = async (): Promise<void> => {
    const wrong = {
      ...(tidy(name) ? {} : { name: text.nameMissing }),
      ...(scopes.length > 0 ? {} : { scopes: text.scopesMissing }),
    };
    if (Object.keys(wrong).length > 0) return setErrors(wrong);
    try {
      const made = await meetingsApi.makeToken(tidy(name), scopes);
      onMade(made.token ?? '');
    } catch (error) {
      failed(error);
    }
  };
  return (
    <form
      class="meeting-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <TextField
        label={text.name}
        hint={text.nameHint}
        value={name}
        error={errors.name ?? null}
        maxLength={80}
        testId="token-name"
        onInput={(value) => {
          setName(value);
          setErrors({});
        }}
      />
      <fieldset class={`checks${errors.scopes ? ' wrong' : ''}`}>
        <legend>{text.scopes}</legend>
        {scopesForMe().map((scope) => (
          <label key={scope} class="check">
            <input
              type="checkbox"
              checked={scopes.includes(scope)}
              data-testid={`token-scope-${scope}`}
              onChange={() => {
                setErrors({});
                setScopes(
                  scopes.includes(scope)
                    ? scopes.filter((one) => one !== scope)
                    : [...scopes, scope],
                );
              }}
            />
            <span>{text.scope[scope]}</span>
          </label>
        ))}
        {errors.scopes && (
          <p class="field-note" role="alert">
            {errors.scopes}
          </p>
        )}
      </fieldset>
      <div class="form-actions">
        <Button kind="quiet" onClick={onClose}>
          {t.value.common.cancel}
        </Button>
        <Button type="submit" kind="primary" testId="token-save">
          {text.make}
        </Button>
      </div>
    </form>
  );
}
