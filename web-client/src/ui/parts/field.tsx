// A labelled input with its hint and its error, tied together for screen readers.

import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { Icon } from './icons';

export interface FieldProps {
  label: string;
  hint?: string;
  error?: string | null;
  children: (ids: {
    id: string;
    describedBy: string | undefined;
    invalid: boolean;
  }) => ComponentChildren;
}

export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div class={`field${error ? ' wrong' : ''}`}>
      <label for={id}>{label}</label>
      {children({ id, describedBy: note ? `${id}-note` : undefined, invalid: Boolean(error) })}
      {note && (
        <p id={`${id}-note`} class="field-note" role={error ? 'alert' : undefined}>
          {note}
        </p>
      )}
    </div>
  );
}

export interface TextFieldProps {
  label: string;
  hint?: string;
  error?: string | null;
  value: string;
  onInput: (value: string) => void;
  type?: 'text' | 'password' | 'search';
  name?: string;
  autoComplete?: string;
  inputMode?: 'text' | 'numeric';
  placeholder?: string;
  maxLength?: number;
  readOnly?: boolean;
  autoFocus?: boolean;
  /** Offered while typing. */
  suggestions?: readonly string[];
  testId?: string;
}

export function TextField(props: TextFieldProps) {
  return (
    <Field
      label={props.label}
      {...(props.hint ? { hint: props.hint } : {})}
      error={props.error ?? null}
    >
      {({ id, describedBy, invalid }) => (
        <>
          <input
            id={id}
            list={props.suggestions ? `${id}-list` : undefined}
            // The types know no input whose type is a variable.
            type={(props.type ?? 'text') as 'text'}
            name={props.name}
            value={props.value}
            placeholder={props.placeholder}
            maxLength={props.maxLength}
            readOnly={props.readOnly}
            autocomplete={props.autoComplete ?? 'off'}
            inputmode={props.inputMode}
            spellcheck={false}
            aria-describedby={describedBy}
            aria-invalid={invalid}
            data-testid={props.testId}
            data-autofocus={props.autoFocus}
            onInput={(event) => props.onInput(event.currentTarget.value)}
          />
          {props.suggestions && (
            <datalist id={`${id}-list`}>
              {props.suggestions.map((value) => (
                <option key={value} value={value} />
              ))}
            </datalist>
          )}
        </>
      )}
    </Field>
  );
}

export interface SelectProps {
  label: string;
  value: string;
  options: { value: string; label: string }[];
  onChange: (value: string) => void;
  disabled?: boolean;
  testId?: string;
}

export function Select({ label, value, options, onChange, disabled, testId }: SelectProps) {
  return (
    <Field label={label}>
      {({ id }) => (
        <span class="select">
          <select
            id={id}
            value={value}
            disabled={disabled}
            data-testid={testId}
            onChange={(event) => onChange(event.currentTarget.value)}
          >
            {options.map((option) => (
              <option key={option.value} value={option.value} selected={option.value === value}>
                {option.label}
              </option>
            ))}
          </select>
          <Icon name="down" size={18} />
        </span>
      )}
    </Field>
  );
}

export interface SwitchProps {
  label: string;
  hint?: string;
  checked: boolean;
  disabled?: boolean;
  onChange: (checked: boolean) => void;
  testId?: string;
}

export function Switch(props: SwitchProps) {
  const id = useId();
  return (
    <label class={`switch${props.disabled ? ' disabled' : ''}`}>
      <span>
        {props.label}
        {props.hint && (
          <span id={id} class="field-note">
            {props.hint}
          </span>
        )}
      </span>
      <input
        type="checkbox"
        role="switch"
        checked={props.checked}
        aria-checked={props.checked}
        aria-label={props.label}
        aria-describedby={props.hint ? id : undefined}
        disabled={props.disabled}
        data-testid={props.testId}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      <span class="switch-track" aria-hidden="true" />
    </label>
  );
}

export interface RadiosProps<T extends string> {
  legend: string;
  value: T;
  options: { value: T; label: string; hint?: string; testId?: string }[];
  onChange: (value: T) => void;
}

export function Radios<T extends string>({ legend, value, options, onChange }: RadiosProps<T>) {
  const name = useId();
  return (
    <fieldset class="radios">
      <legend>{legend}</legend>
      {options.map((option) => (
        <label key={option.value} class="radio">
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            aria-label={option.label}
            aria-describedby={option.hint ? `${name}-${option.value}` : undefined}
            data-testid={option.testId}
            onChange={() => onChange(option.value)}
          />
          <span>
            {option.label}
            {option.hint && (
              <span id={`${name}-${option.value}`} class="field-note">
                {option.hint}
              </span>
            )}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
