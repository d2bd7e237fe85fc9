// Buttons: plain with text, and round with an icon, a name and a tip.

import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from './icons';

export interface ButtonProps {
  kind?: 'primary' | 'plain' | 'quiet' | 'danger';
  icon?: IconName;
  type?: 'button' | 'submit';
  disabled?: boolean;
  busy?: boolean;
  wide?: boolean;
  small?: boolean;
  /** What it is called, if the text alone does not say it of whom. */
  label?: string;
  testId?: string;
  onClick?: () => void;
  children: ComponentChildren;
}

export function Button(props: ButtonProps) {
  const { kind = 'plain', icon, type = 'button', busy = false } = props;
  const size = `${props.wide ? ' wide' : ''}${props.small ? ' small' : ''}`;
  return (
    <button
      type={type}
      class={`button ${kind}${size}`}
      disabled={props.disabled}
      aria-busy={busy}
      aria-label={props.label}
      data-testid={props.testId}
      onClick={props.onClick}
    >
      {busy ? <span class="spinner" aria-hidden="true" /> : icon && <Icon name={icon} size={20} />}
      <span>{props.children}</span>
    </button>
  );
}

export interface IconButtonProps {
  icon: IconName;
  label: string;
  /** What the tip says, if not the label. */
  tipText?: string;
  /** Shown in the tip behind the label. */
  keys?: string;
  tone?: 'plain' | 'off' | 'active' | 'danger';
  pressed?: boolean;
  expanded?: boolean;
  disabled?: boolean;
  badge?: number;
  size?: 'small' | 'normal';
  tip?: 'above' | 'below' | 'none';
  testId?: string;
  onClick?: () => void;
  children?: ComponentChildren;
}

export function IconButton(props: IconButtonProps) {
  const { icon, label, keys, tone = 'plain', size = 'normal', tip = 'above', badge } = props;
  return (
    <button
      type="button"
      class={`icon-button ${tone} ${size}`}
      aria-label={label}
      aria-pressed={props.pressed}
      aria-expanded={props.expanded}
      aria-keyshortcuts={keys?.replace('Ctrl', 'Control')}
      disabled={props.disabled}
      data-testid={props.testId}
      onClick={props.onClick}
    >
      <Icon name={icon} size={size === 'small' ? 20 : 24} />
      {badge ? (
        <span class="badge-count" aria-hidden="true">
          {badge > 99 ? '99+' : badge}
        </span>
      ) : null}
      {tip !== 'none' && (
        <span class={`tip ${tip}`} aria-hidden="true">
          {props.tipText ?? label}
          {keys && <kbd>{keys}</kbd>}
        </span>
      )}
      {props.children}
    </button>
  );
}
