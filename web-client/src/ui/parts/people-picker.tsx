// One field in which people, units, groups, e-mail addresses and sites are found and chosen: an
// ARIA combobox with a list. The field keeps the focus, so that many are added in a row.

import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { fold } from '../../i18n/format';
import type { Group } from '../../protocol/meetings';
import type { Account, Unit } from '../../protocol/rest';
import { api } from '../../session/api';
import { isEmail } from '../../state/meeting-form';
import { unitPath } from '../../state/people';
import { words } from '../../state/words';
import { Field } from './field';
import { Icon, type IconName } from './icons';

export type Pick =
  | { kind: 'user'; account: Account }
  | { kind: 'group'; group: Group }
  | { kind: 'unit'; unit: Unit }
  | { kind: 'guests'; emails: string[] }
  | { kind: 'site'; name: string };

interface Option {
  key: string;
  icon: IconName;
  label: string;
  note: string;
  pick: Pick;
}

const searchAfterMs = 150;
const mostOptions = 12;

export function splitEmails(text: string): string[] {
  const found = text.split(/[\s,;<>"]+/).filter((word) => word.includes('@') && isEmail(word));
  return [...new Set(found.map((word) => word.toLowerCase()))];
}

/** What is known here already; accounts are asked of the server. */
function localOptions(text: string, units: readonly Unit[], groups: readonly Group[]): Option[] {
  const { kinds, groups: words_ } = words.value;
  const wanted = fold(text.trim());
  if (!wanted) return [];
  const out: Option[] = [];
  for (const unit of units)
    if (fold(unit.name).includes(wanted))
      out.push({
        key: `unit-${unit.id}`,
        icon: 'hall',
        label: unit.name,
        note: [kinds.unit, unitPath(unit.parent, units)].filter(Boolean).join(' · '),
        pick: { kind: 'unit', unit },
      });
  for (const group of groups)
    if (fold(group.name).includes(wanted))
      out.push({
        key: `group-${group.id}`,
        icon: 'people',
        label: group.name,
        note: `${kinds.group} · ${words_.count(group.members.length)}`,
        pick: { kind: 'group', group },
      });
  return out.slice(0, 4);
}

function newOptions(text: string): Option[] {
  const { editor, kinds } = words.value;
  const emails = splitEmails(text);
  if (emails.length > 0) {
    const label =
      emails.length === 1 ? editor.addMail(emails[0] ?? '') : editor.addMails(emails.length);
    const pick: Pick = { kind: 'guests', emails };
    return [{ key: 'guests', icon: 'mail', label, note: kinds.guest, pick }];
  }
  const name = text.trim();
  if (name.length < 2) return [];
  const pick: Pick = { kind: 'site', name };
  return [{ key: 'site', icon: 'screen', label: editor.addSite(name), note: kinds.site, pick }];
}

export interface PeoplePickerProps {
  label: string;
  hint?: string;
  /** Accounts only: for the members of a group. */
  accountsOnly?: boolean;
  units?: readonly Unit[];
  groups?: readonly Group[];
  onPick: (pick: Pick) => void;
  testId: string;
}

export function PeoplePicker(props: PeoplePickerProps) {
  const { units = [], groups = [], accountsOnly = false } = props;
  const { editor } = words.value;
  const list = useId();
  const [text, setText] = useState('');
  const [found, setFound] = useState<Account[]>([]);
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const asked = useRef(0);
  useEffect(() => {
    const mine = ++asked.current;
    if (!text.trim()) {
      setFound([]);
      return;
    }
    const timer = setTimeout(() => {
      api.findAccounts(text.trim(), 8).then(
        (answer) => mine === asked.current && setFound(answer.users),
        () => mine === asked.current && setFound([]),
      );
    }, searchAfterMs);
    return () => clearTimeout(timer);
  }, [text]);
  const accounts = found.map(
    (account): Option => ({
      key: `user-${account.id}`,
      icon: 'user',
      label: account.name,
      note: [account.title, unitPath(account.unit, units), account.email]
        .filter(Boolean)
        .join(' · '),
      pick: { kind: 'user', account },
    }),
  );
  const options = (
    accountsOnly
      ? accounts
      : [...accounts, ...localOptions(text, units, groups), ...newOptions(text)]
  ).slice(0, mostOptions);
  const shown = open && text.trim() !== '';
  const active = Math.min(at, options.length - 1);
  const choose = (option: Option | undefined): void => {
    if (!option) return;
    props.onPick(option.pick);
    setText('');
    setFound([]);
    setAt(0);
    setOpen(false);
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      setOpen(true);
      const by = event.key === 'ArrowDown' ? 1 : options.length - 1;
      if (shown && options.length > 0) setAt((active + by) % options.length);
    } else if (event.key === 'Enter' && !event.isComposing) {
      // Enter in this field never saves the form.
      event.preventDefault();
      if (shown) choose(options[active]);
    } else if (event.key === 'Escape' && shown) {
      event.preventDefault();
      event.stopPropagation();
      setOpen(false);
    }
  };
  return (
    <div class="picker">
      <Field label={props.label} {...(props.hint ? { hint: props.hint } : {})}>
        {({ id, describedBy }) => (
          <div class="picker-box">
            <Icon name="search" size={18} />
            <input
              id={id}
              type="text"
              role="combobox"
              autocomplete="off"
              spellcheck={false}
              value={text}
              aria-expanded={shown}
              aria-controls={list}
              aria-autocomplete="list"
              aria-activedescendant={shown && options[active] ? `${list}-${active}` : undefined}
              aria-describedby={describedBy}
              data-testid={props.testId}
              onInput={(event) => {
                setText(event.currentTarget.value);
                setAt(0);
                setOpen(true);
              }}
              onKeyDown={onKey}
              onFocus={() => setOpen(true)}
              onBlur={() => setOpen(false)}
            />
            <div
              id={list}
              class="picker-list"
              role="listbox"
              aria-label={props.label}
              hidden={!shown || options.length === 0}
            >
              {options.map((option, i) => (
                // The field has the focus and the keys.
                // biome-ignore lint/a11y/useKeyWithClickEvents: see above
                // biome-ignore lint/a11y/useFocusableInteractive: see above
                <div
                  key={option.key}
                  id={`${list}-${i}`}
                  class={`picker-option${i === active ? ' active' : ''}`}
                  role="option"
                  aria-selected={i === active}
                  data-testid="picker-option"
                  data-kind={option.pick.kind}
                  onMouseDown={(event) => event.preventDefault()}
                  onClick={() => choose(option)}
                >
                  <Icon name={option.icon} size={20} />
                  <span class="picker-label">{option.label}</span>
                  <span class="picker-note">{option.note}</span>
                </div>
              ))}
            </div>
            {shown && options.length === 0 && <p class="picker-none">{editor.noMatch}</p>}
          </div>
        )}
      </Field>
      <p class="sr-only" role="status">
        {shown ? (options[active]?.label ?? editor.noMatch) : ''}
      </p>
    </div>
  );
}
