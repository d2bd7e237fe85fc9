// A menu on the native popover, placed beside its button, moved through with the arrow keys.

import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon, type IconName } from './icons';

export interface MenuEntry {
  label: string;
  icon?: IconName;
  keys?: string;
  checked?: boolean;
  danger?: boolean;
  testId?: string;
  run: () => void;
}

export interface MenuProps {
  label: string;
  entries: (MenuEntry | null)[];
  testId?: string;
  /** Of the button. */
  look: string;
  children: ComponentChildren;
}

const margin = 8;

export function Menu({ label, entries, testId, look, children }: MenuProps) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);

  const place = (): void => {
    const anchor = button.current?.getBoundingClientRect();
    const menu = list.current;
    if (!anchor || !menu) return;
    const { offsetWidth: width, offsetHeight: height } = menu;
    const left = Math.min(
      Math.max(margin, anchor.right - width),
      Math.max(margin, innerWidth - width - margin),
    );
    const above = anchor.top - height - margin;
    const top =
      anchor.bottom + margin + height > innerHeight && above > 0 ? above : anchor.bottom + margin;
    menu.style.left = `${left}px`;
    menu.style.top = `${Math.max(margin, Math.min(top, innerHeight - height - margin))}px`;
  };

  const items = (): HTMLButtonElement[] => [
    ...(list.current?.querySelectorAll<HTMLButtonElement>('[role^=menuitem]') ?? []),
  ];

  // The entries are only there once it is open, and its size follows from them.
  useLayoutEffect(() => {
    if (!open) return;
    place();
    items()[0]?.focus();
  }, [open]);

  const move = (event: KeyboardEvent): void => {
    const all = items();
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    const to = {
      ArrowDown: (at + 1) % all.length,
      ArrowUp: (at - 1 + all.length) % all.length,
      Home: 0,
      End: all.length - 1,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    all[to]?.focus();
  };

  return (
    <>
      <button
        ref={button}
        type="button"
        class={look}
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={open}
        popovertarget={id}
        data-testid={testId}
      >
        {children}
      </button>
      <div
        ref={list}
        id={id}
        class="menu"
        role="menu"
        tabIndex={-1}
        aria-label={label}
        popover="auto"
        onKeyDown={move}
        onToggle={(event) => {
          const isOpen = event.newState === 'open';
          setOpen(isOpen);
        }}
      >
        {open &&
          entries.map((entry, i) =>
            entry === null ? (
              <hr key={`line-${i}`} />
            ) : (
              <button
                key={entry.label}
                type="button"
                {...(entry.checked === undefined
                  ? { role: 'menuitem' as const }
                  : { role: 'menuitemcheckbox' as const, 'aria-checked': entry.checked })}
                class={entry.danger ? 'danger' : ''}
                data-testid={entry.testId}
                tabIndex={-1}
                onClick={() => {
                  list.current?.hidePopover();
                  entry.run();
                }}
              >
                {entry.icon && <Icon name={entry.icon} size={20} />}
                <span>{entry.label}</span>
                {entry.keys && <kbd>{entry.keys}</kbd>}
                {entry.checked && <Icon name="check" size={18} />}
              </button>
            ),
          )}
      </div>
    </>
  );
}
