// Notes that go by themselves, and the live region that reads out what matters.

import { t } from '../../state/i18n';
import { announcement, dismiss, toasts } from '../../state/toasts';
import { IconButton } from './button';
import { Icon } from './icons';

const icons = { info: null, good: 'check', warning: 'warning', bad: 'warning' } as const;

export function Toasts() {
  return (
    <>
      <div class="toasts" data-testid="toasts">
        {toasts.value.map(({ id, text, tone, action }) => (
          <div key={id} class={`toast ${tone}`} role={tone === 'bad' ? 'alert' : undefined}>
            {icons[tone] && <Icon name={icons[tone]} size={20} />}
            <p>{text}</p>
            {action && (
              <button
                type="button"
                class="link"
                onClick={() => {
                  dismiss(id);
                  action.run();
                }}
              >
                {action.label}
              </button>
            )}
            <IconButton
              icon="close"
              label={t.value.common.close}
              size="small"
              tip="none"
              onClick={() => dismiss(id)}
            />
          </div>
        ))}
      </div>
      <div class="sr-only" aria-live="polite" data-testid="announcer">
        {announcement.value}
      </div>
    </>
  );
}
