// Somebody else saved first: what each changed, and a choice where both changed the same.

import { useState } from 'preact/hooks';
import type { Invitee, InviteeDraft, MeetingDraft } from '../../protocol/meetings';
import { differences, type MergeField, rowChanges, type Side } from '../../state/merge';
import { unitPath, units } from '../../state/people';
import { sayRule, sayWhen, words } from '../../state/words';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { Radios } from '../parts/field';
import type { Known } from './editor';

export interface MergeDialogProps {
  base: MeetingDraft;
  mine: MeetingDraft;
  theirs: MeetingDraft;
  known: Known;
  /** With the names of the accounts. */
  invitees: readonly Invitee[];
  onClose: () => void;
  onSave: (choice: Partial<Record<MergeField, Side>>) => void;
}

export function MergeDialog(props: MergeDialogProps) {
  const { base, mine, theirs } = props;
  const { merge } = words.value;
  const [choice, setChoice] = useState<Partial<Record<MergeField, Side>>>({});
  const all = differences(base, mine, theirs);
  const say = (field: MergeField, of: MeetingDraft): string => sayField(field, of, props);
  const group = (by: 'mine' | 'theirs', title: string) => {
    const some = all.filter((one) => one.by === by);
    if (some.length === 0) return null;
    return (
      <section class="merge-part" data-testid={`merge-${by}`}>
        <h3>{title}</h3>
        <dl class="facts">
          {some.map(({ field }) => (
            <div key={field}>
              <dt>{merge.fields[field]}</dt>
              <dd>{say(field, by === 'mine' ? mine : theirs)}</dd>
            </div>
          ))}
        </dl>
      </section>
    );
  };
  const both = all.filter((one) => one.by === 'both');
  return (
    <Dialog
      title={merge.title}
      wide
      onClose={props.onClose}
      testId="merge-dialog"
      footer={
        <>
          <Button kind="quiet" onClick={props.onClose}>
            {merge.back}
          </Button>
          <Button kind="primary" testId="merge-save" onClick={() => props.onSave(choice)}>
            {merge.save}
          </Button>
        </>
      }
    >
      <p>{both.length > 0 ? merge.text : merge.clean}</p>
      {group('theirs', merge.theyChanged)}
      {group('mine', merge.youChanged)}
      {both.length > 0 && (
        <section class="merge-part" data-testid="merge-both">
          <h3>{merge.both}</h3>
          {both.map(({ field }) => (
            <Radios
              key={field}
              legend={merge.fields[field]}
              value={choice[field] ?? 'mine'}
              options={(['mine', 'theirs'] as const).map((side) => ({
                value: side,
                label: merge[side],
                hint: say(field, side === 'mine' ? mine : theirs),
                testId: `merge-${field}-${side}`,
              }))}
              onChange={(side) => setChoice({ ...choice, [field]: side })}
            />
          ))}
        </section>
      )}
    </Dialog>
  );
}

function sayField(field: MergeField, of: MeetingDraft, props: MergeDialogProps): string {
  const { merge, rule } = words.value;
  const { known, base } = props;
  switch (field) {
    case 'time':
      return sayWhen(of);
    case 'rrule':
      return of.rrule ? sayRule(of.rrule, of.starts_at, of.time_zone) : rule.once;
    case 'unit':
      return unitPath(of.unit, units.value) || merge.empty;
    case 'resources':
      return (
        of.resources
          .map((id) => known.resources.find((one) => one.id === id)?.name ?? '')
          .filter(Boolean)
          .join(', ') || merge.empty
      );
    case 'settings':
      return saySettings(base, of);
    case 'invitees':
      return sayRows(base, of, props);
    default:
      return of[field] || merge.empty;
  }
}

function saySettings(base: MeetingDraft, of: MeetingDraft): string {
  const { editor, merge } = words.value;
  const said: string[] = [];
  const mark = (on: boolean): string => (on ? '✓' : '✗');
  const [was, now] = [base.settings, of.settings];
  if (was.muted !== now.muted) said.push(`${editor.settingMuted} ${mark(now.muted)}`);
  if (was.camera_off !== now.camera_off)
    said.push(`${editor.settingCamera} ${mark(now.camera_off)}`);
  if (was.lobby !== now.lobby) said.push(`${editor.settingLobby}: ${editor.lobby[now.lobby]}`);
  if (was.opens_by_itself !== now.opens_by_itself)
    said.push(`${editor.settingOpens} ${mark(now.opens_by_itself)}`);
  if (was.share !== now.share) said.push(`${editor.settingShare}: ${editor.allowed[now.share]}`);
  if (was.unmute !== now.unmute)
    said.push(`${editor.settingUnmute}: ${editor.allowed[now.unmute]}`);
  if (was.recording !== now.recording)
    said.push(`${editor.settingRecording} ${mark(now.recording)}`);
  if ('password' in now) said.push(editor.settingPassword);
  return said.join('; ') || merge.empty;
}

function sayRows(base: MeetingDraft, of: MeetingDraft, props: MergeDialogProps): string {
  const { merge, roles, kinds } = words.value;
  const name = (row: InviteeDraft): string =>
    row.name ||
    props.invitees.find((one) => one.kind === row.kind && one.ref === row.ref)?.name ||
    row.email ||
    (row.kind === 'unit' ? unitPath(row.ref ?? null, units.value) : '') ||
    (row.kind === 'group' ? props.known.groups.find((one) => one.id === row.ref)?.name : '') ||
    kinds[row.kind];
  const { added, gone, altered } = rowChanges(base, of);
  const join = (rows: InviteeDraft[], role = false): string =>
    rows.map((row) => (role ? `${name(row)} (${roles[row.role]})` : name(row))).join(', ');
  return (
    [
      added.length > 0 ? merge.added(join(added, true)) : '',
      gone.length > 0 ? merge.gone(join(gone)) : '',
      altered.length > 0 ? merge.altered(join(altered, true)) : '',
    ]
      .filter(Boolean)
      .join('; ') || merge.empty
  );
}
