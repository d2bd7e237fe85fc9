// Language and theme, small, for the top bar.

import { t } from '../../state/i18n';
import { change, settings } from '../../state/settings';
import { Icon } from './icons';

const nextTheme = { auto: 'light', light: 'dark', dark: 'auto' } as const;

const themeIcons = { auto: 'contrast', light: 'sun', dark: 'moon' } as const;

export function Preferences() {
  const { language, theme } = settings.value;
  const { settings: text } = t.value;
  const names = { auto: text.themeAuto, light: text.themeLight, dark: text.themeDark };
  return (
    <div class="preferences">
      <button
        type="button"
        class="chip"
        lang={language === 'vi' ? 'en' : 'vi'}
        data-testid="language"
        onClick={() => change({ language: language === 'vi' ? 'en' : 'vi' })}
      >
        <Icon name="globe" size={18} />
        <span>{language === 'vi' ? 'English' : 'Tiếng Việt'}</span>
      </button>
      <button
        type="button"
        class="chip square"
        aria-label={`${text.theme}: ${names[theme]}`}
        title={`${text.theme}: ${names[theme]}`}
        data-testid="theme"
        onClick={() => change({ theme: nextTheme[theme] })}
      >
        <Icon name={themeIcons[theme]} size={18} />
      </button>
    </div>
  );
}
