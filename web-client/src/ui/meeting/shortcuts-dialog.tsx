// The list of keys.

import { t } from '../../state/i18n';
import { Dialog } from '../parts/dialog';

export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  const { shortcuts } = t.value;
  const list: [string[], string][] = [
    [['Ctrl', 'D'], shortcuts.microphone],
    [['Ctrl', 'E'], shortcuts.camera],
    [['Ctrl', 'Shift', 'H'], shortcuts.hand],
    [['V'], shortcuts.view],
    [['PgUp', 'PgDn'], shortcuts.page],
    [[shortcuts.space], shortcuts.talk],
    [['?'], shortcuts.list],
    [['Esc'], shortcuts.close],
  ];
  return (
    <Dialog title={shortcuts.title} onClose={onClose} testId="shortcuts">
      <dl class="keys">
        {list.map(([keys, what]) => (
          <div key={what}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
