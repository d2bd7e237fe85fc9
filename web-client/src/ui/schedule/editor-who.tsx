// The editor's list of those invited.

import type { ComponentChildren } from 'preact';
import { type InviteeRole, inviteeRoles, type Meeting } from '../../protocol/meetings';
import { type FormErrors, type FormInvitee, newKey, userRow } from '../../state/meeting-form';
import { unitPath, units } from '../../state/people';
import { announce, toast } from '../../state/toasts';
import { words } from '../../state/words';
import { IconButton } from '../parts/button';
import { TextField } from '../parts/field';
import { Icon, type IconName } from '../parts/icons';
import { Avatar } from '../parts/media';
import { PeoplePicker, type Pick } from '../parts/people-picker';
import type { Known } from './editor';
import { Section, type SectionProps } from './editor-parts';

const icons: Record<Exclude<FormInvitee['kind'], 'user'>, IconName> = {
  group: 'people',
  unit: 'hall',
  guest: 'mail',
  site: 'screen',
};

function rowsOf(pick: Pick): FormInvitee[] {
  const row = (part: Partial<FormInvitee> & Pick_): FormInvitee => ({
    key: newKey(),
    ref: null,
    name: '',
    title: '',
    unitName: '',
    email: '',
    language: '',
    role: 'delegate',
    attendees: '1',
    ...part,
  });
  switch (pick.kind) {
    case 'user': {
      const { id, name, title, unit } = pick.account;
      return [userRow(id, name, title, unitPath(unit, units.value))];
    }
    case 'group':
      return [row({ kind: 'group', ref: pick.group.id, name: pick.group.name })];
    case 'unit':
      return [row({ kind: 'unit', ref: pick.unit.id, name: pick.unit.name })];
    case 'guests':
      return pick.emails.map((email) => row({ kind: 'guest', email, role: 'guest' }));
    case 'site':
      return [row({ kind: 'site', name: pick.name })];
  }
}
type Pick_ = { kind: FormInvitee['kind'] };

const sameOne = (a: FormInvitee, b: FormInvitee): boolean =>
  a.kind === b.kind &&
  (a.ref !== null
    ? a.ref === b.ref
    : a.email !== '' && a.email.toLowerCase() === b.email.toLowerCase());

export function Who(props: SectionProps & { known: Known; meeting: Meeting | null }) {
  const { form, errors, set, known } = props;
  const { editor, meeting: text } = words.value;
  const add = (pick: Pick): void => {
    const fresh = rowsOf(pick).filter((row) => {
      const there = form.invitees.some((one) => sameOne(one, row));
      if (there) announce(editor.already(row.name || row.email));
      return !there;
    });
    if (fresh.length === 0) return;
    set({ invitees: [...form.invitees, ...fresh] });
    announce(editor.added(fresh.map((row) => row.name || row.email).join(', ')));
  };
  const change = (key: string, part: Partial<FormInvitee>): void =>
    set({
      invitees: form.invitees.map((row) => {
        if (row.key === key) return { ...row, ...part };
        // There is one chair.
        return part.role === 'chair' && row.role === 'chair' ? { ...row, role: 'delegate' } : row;
      }),
    });
  const remove = (row: FormInvitee): void => {
    const before = form.invitees;
    set({ invitees: before.filter((one) => one.key !== row.key) });
    toast(editor.removed(row.name || row.email), 'info', {
      action: { label: text.undo, run: () => set({ invitees: before }) },
    });
  };
  const heads = form.invitees.length;
  const people = form.invitees.reduce((sum, row) => sum + (Number(row.attendees) || 1), 0);
  return (
    <Section title={editor.sectionWho} id="who">
      <PeoplePicker
        label={editor.add}
        hint={editor.addHint}
        units={units.value}
        groups={known.groups}
        testId="invitee-add"
        onPick={add}
      />
      {heads === 0 ? (
        <p class="muted">{editor.whoEmpty}</p>
      ) : (
        <>
          <p class="muted who-total" data-testid="invitee-total">
            {editor.total(heads, people)}
          </p>
          <ul class="invitee-rows" aria-label={editor.sectionWho}>
            {form.invitees.map((row) => (
              <Row
                key={row.key}
                row={row}
                errors={errors}
                note={noteOf(row, known, props.meeting)}
                change={(part) => change(row.key, part)}
                remove={() => remove(row)}
              />
            ))}
          </ul>
        </>
      )}
    </Section>
  );
}

function noteOf(row: FormInvitee, known: Known, meeting: Meeting | null): string {
  const { kinds, groups, meeting: text } = words.value;
  if (row.kind === 'user') return [row.title, row.unitName].filter(Boolean).join(' · ');
  const through = meeting?.invitees.filter((one) => one.via === row.id && row.id !== undefined);
  if (row.kind === 'group') {
    const group = known.groups.find((one) => one.id === row.ref);
    return [kinds.group, group ? groups.count(group.members.length) : '']
      .filter(Boolean)
      .join(' · ');
  }
  if (row.kind === 'unit') {
    const unit = units.value.find((one) => one.id === row.ref);
    const n = through && through.length > 0 ? through.length : unit?.users;
    return [kinds.unit, n ? text.attendees(n) : ''].filter(Boolean).join(' · ');
  }
  return kinds[row.kind];
}

interface RowProps {
  row: FormInvitee;
  errors: FormErrors;
  note: string;
  change: (part: Partial<FormInvitee>) => void;
  remove: () => void;
}

function Row({ row, errors, note, change, remove }: RowProps) {
  const { editor, roles } = words.value;
  const name = row.name || row.email || editor.siteName;
  return (
    <li class={`invitee ${row.kind}`} data-testid="invitee-row" data-kind={row.kind}>
      {row.kind === 'user' ? (
        <Avatar name={row.name} />
      ) : (
        <span class="kind-icon">
          <Icon name={icons[row.kind]} size={20} />
        </span>
      )}
      <div class="invitee-who">
        {row.kind === 'guest' || row.kind === 'site' ? (
          <Outside row={row} errors={errors} change={change} />
        ) : (
          <>
            <strong>{row.name}</strong>
            <span class="muted">{note}</span>
          </>
        )}
      </div>
      <Role row={row} name={name} change={change}>
        {inviteeRoles
          // A unit or a group has many people: no one of them is the chair.
          .filter((role) => row.kind === 'user' || (role !== 'chair' && role !== 'secretary'))
          .map((role) => (
            <option key={role} value={role} selected={role === row.role}>
              {roles[role]}
            </option>
          ))}
      </Role>
      <IconButton
        icon="close"
        label={editor.remove(name)}
        size="small"
        tip="none"
        testId="invitee-remove"
        onClick={remove}
      />
    </li>
  );
}

function Role(props: {
  row: FormInvitee;
  name: string;
  change: RowProps['change'];
  children: ComponentChildren;
}) {
  return (
    <span class="select role-select">
      <select
        value={props.row.role}
        aria-label={words.value.editor.role(props.name)}
        data-testid="invitee-role"
        onChange={(event) => props.change({ role: event.currentTarget.value as InviteeRole })}
      >
        {props.children}
      </select>
      <Icon name="down" size={18} />
    </span>
  );
}

function Outside({ row, errors, change }: Omit<RowProps, 'note' | 'remove'>) {
  const { editor } = words.value;
  const error = (name: 'name' | 'email' | 'attendees'): string | null =>
    errors[`${row.key}.${name}` as keyof FormErrors] ?? null;
  return (
    <div class="outside">
      <TextField
        label={row.kind === 'site' ? editor.siteName : editor.guestName}
        value={row.name}
        error={error('name')}
        maxLength={80}
        testId="invitee-name"
        onInput={(name) => change({ name })}
      />
      <TextField
        label={editor.guestEmail}
        value={row.email}
        error={error('email')}
        maxLength={254}
        testId="invitee-email"
        onInput={(email) => change({ email })}
      />
      {row.kind === 'site' ? (
        <TextField
          label={editor.attendeesShort}
          value={row.attendees}
          error={error('attendees')}
          inputMode="numeric"
          testId="invitee-attendees"
          onInput={(attendees) => change({ attendees })}
        />
      ) : (
        <TextField
          label={editor.guestTitle}
          value={row.title}
          maxLength={100}
          testId="invitee-title"
          onInput={(title) => change({ title })}
        />
      )}
    </div>
  );
}
