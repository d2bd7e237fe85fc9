// The frame of a side panel: a column on a wide screen, the whole screen on a phone.

import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { t } from '../../state/i18n';
import { IconButton } from '../parts/button';

export interface PanelProps {
  title: string;
  testId: string;
  onClose: () => void;
  children: ComponentChildren;
}

export function PanelFrame({ title, testId, onClose, children }: PanelProps) {
  const heading = useId();
  const ref = useRef<HTMLElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    ref.current?.querySelector<HTMLElement>('h2')?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <aside
      ref={ref}
      class="panel"
      aria-labelledby={heading}
      data-testid={testId}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose();
      }}
    >
      <header>
        <h2 id={heading} tabIndex={-1}>
          {title}
        </h2>
        <IconButton
          icon="close"
          label={t.value.common.close}
          size="small"
          tip="none"
          onClick={onClose}
        />
      </header>
      {children}
    </aside>
  );
}
