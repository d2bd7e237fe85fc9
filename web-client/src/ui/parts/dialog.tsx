// The native modal dialog: focus stays inside, Escape and a click beside it close it.

import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { t } from '../../state/i18n';
import { Button, type ButtonProps, IconButton } from './button';

export interface DialogProps {
  title: string;
  wide?: boolean;
  onClose: () => void;
  children: ComponentChildren;
  footer?: ComponentChildren;
  testId?: string;
}

export function Dialog({ title, wide = false, onClose, children, footer, testId }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const heading = useId();
  // Before the next paint: a key pressed as soon as it is seen is the dialog's.
  useLayoutEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement;
    if (dialog && !dialog.open) {
      dialog.showModal();
      // The browser would take the first control, which is the one that closes it.
      const first = dialog.querySelector<HTMLElement>('.dialog-content [data-autofocus]');
      (first ?? dialog.querySelector<HTMLElement>('h2'))?.focus();
    }
    return () => {
      dialog?.close();
      // It leaves the page before it is closed, so the browser does not give the focus back.
      const lost = !document.activeElement || document.activeElement === document.body;
      if (lost && before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape is the dialog's own key.
    <dialog
      ref={ref}
      class={`dialog${wide ? ' wide' : ''}`}
      aria-labelledby={heading}
      data-testid={testId}
      onClick={(event) => {
        if (event.target === ref.current) onClose();
      }}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <div class="dialog-body">
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
        <div class="dialog-content">{children}</div>
        {footer && <footer>{footer}</footer>}
      </div>
    </dialog>
  );
}

export interface ConfirmProps {
  title: string;
  text: string;
  confirm: string;
  kind?: ButtonProps['kind'];
  cancel?: string;
  onConfirm: () => void;
  onClose: () => void;
  testId?: string;
}

export function Confirm(props: ConfirmProps) {
  return (
    <Dialog
      title={props.title}
      onClose={props.onClose}
      footer={
        <>
          <Button kind="quiet" onClick={props.onClose}>
            {props.cancel ?? t.value.common.cancel}
          </Button>
          <Button
            kind={props.kind ?? 'danger'}
            {...(props.testId ? { testId: props.testId } : {})}
            onClick={() => {
              props.onClose();
              props.onConfirm();
            }}
          >
            {props.confirm}
          </Button>
        </>
      }
    >
      <p>{props.text}</p>
    </Dialog>
  );
}
