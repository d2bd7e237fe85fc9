// The attendance board: who is here, who is missing, and what the secretary enters about them.

import { useEffect, useState } from 'preact/hooks';
import { fold, formatDuration, formatTime } from '../../i18n/format';
import type { Attendance, Attendee, Presence } from '../../protocol/messages';
import { api } from '../../session/api';
import { user } from '../../state/account';
import { byUrgency } from '../../state/attendance';
import { errorText, t } from '../../state/i18n';
import type { Room } from '../../state/room';
import { settings } from '../../state/settings';
import { toast } from '../../state/toasts';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { Select, TextField } from '../parts/field';
import { Icon } from '../parts/icons';
import { PanelFrame } from './panel';

const presences: Presence[] = ['present_room', 'present_online', 'absent', 'not_marked'];

export function AttendancePanel({ room, onClose }: { room: Room; onClose: () => void }) {
  const { attendance, participants } = t.value;
  const [search, setSearch] = useState('');
  const [editing, setEditing] = useState<Attendee | null>(null);
  useEffect(() => {
    room.attendance.open();
    return () => room.attendance.close();
  }, [room]);
  const here = room.roster.people.value.size;
  useEffect(() => room.attendance.soon(), [here]);
  const list = room.attendance.list.value;
  const error = room.attendance.error.value;
  const wanted = fold(search.trim());
  const people = byUrgency(list?.people ?? []).filter(({ name, unit }) =>
    fold(`${name} ${unit}`).includes(wanted),
  );
  return (
    <PanelFrame title={attendance.title} onClose={onClose} testId="attendance-panel">
      {error && !list && <p class="panel-note">{errorText(error)}</p>}
      {list && <Counts list={list} />}
      {list && list.people.length > 8 && (
        <label class="search">
          <Icon name="search" size={18} />
          <input
            type="search"
            value={search}
            aria-label={participants.search}
            placeholder={participants.search}
            onInput={(event) => setSearch(event.currentTarget.value)}
          />
        </label>
      )}
      <ul class="people-list">
        {people.map((person) => (
          <Row key={person.person} person={person} edit={() => setEditing(person)} />
        ))}
      </ul>
      {list && <Downloads list={list} />}
      {editing && <MarkDialog room={room} person={editing} onClose={() => setEditing(null)} />}
    </PanelFrame>
  );
}

function Counts({ list: { counts } }: { list: Attendance }) {
  const { attendance } = t.value;
  return (
    <dl class="attendance-counts" data-testid="attendance-counts">
      {presences.map((state) => (
        <div key={state}>
          <dt>{attendance.states[state]}</dt>
          <dd>{counts[state]}</dd>
        </div>
      ))}
      <div>
        <dt>{attendance.people}</dt>
        <dd data-testid="attendance-people">{counts.attendees}</dd>
      </div>
    </dl>
  );
}

function Row({ person, edit }: { person: Attendee; edit: () => void }) {
  const { attendance, roles } = t.value;
  const who = [roles[person.role], person.title, person.unit].filter(Boolean).join(' · ');
  const times = person.first_joined_at
    ? `${formatTime(person.first_joined_at)} – ${
        person.here || !person.last_left_at ? attendance.now : formatTime(person.last_left_at)
      } · ${formatDuration(person.seconds * 1000)}`
    : '';
  return (
    <li
      class="person attendee"
      data-testid="attendee"
      data-person={person.person}
      data-name={person.name}
      data-state={person.state}
      data-seconds={person.seconds}
    >
      <span class={`presence ${person.state}${person.here ? ' here' : ''}`} aria-hidden="true" />
      <span class="person-text">
        <span class="person-name">{person.name}</span>
        {who && <span class="person-details">{who}</span>}
        <span class="person-details">
          {attendance.states[person.state]}
          {person.attendees > 1 && ` · ${attendance.count(person.attendees)}`}
          {times && ` · ${times}`}
        </span>
        {person.reason && <span class="person-details">{person.reason}</span>}
      </span>
      <Button small label={attendance.editName(person.name)} testId="mark-person" onClick={edit}>
        {attendance.edit}
      </Button>
    </li>
  );
}

function MarkDialog(props: { room: Room; person: Attendee; onClose: () => void }) {
  const { room, person, onClose } = props;
  const { attendance, common } = t.value;
  const [state, setState] = useState<Presence | ''>(person.marked ? person.state : '');
  const [reason, setReason] = useState(person.reason);
  const [attendees, setAttendees] = useState(person.attendees ? String(person.attendees) : '');
  const save = async (): Promise<void> => {
    onClose();
    const error = await room.attendance.mark(person.person, {
      state: state || null,
      reason: reason.trim(),
      attendees: Number(attendees) || 0,
    });
    if (error) toast(errorText(error), 'bad');
  };
  return (
    <Dialog
      title={attendance.editName(person.name)}
      onClose={onClose}
      testId="mark-dialog"
      footer={
        <>
          <Button kind="quiet" onClick={onClose}>
            {common.cancel}
          </Button>
          <Button kind="primary" testId="mark-save" onClick={() => void save()}>
            {common.save}
          </Button>
        </>
      }
    >
      <form
        class="mark-form"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Select
          label={attendance.state}
          value={state}
          testId="mark-state"
          options={[
            { value: '', label: attendance.automatic },
            ...presences.map((value) => ({ value, label: attendance.states[value] })),
          ]}
          onChange={(value) => setState(presences.find((known) => known === value) ?? '')}
        />
        <TextField
          label={attendance.reason}
          value={reason}
          maxLength={200}
          testId="mark-reason"
          onInput={setReason}
        />
        <TextField
          label={attendance.people}
          hint={attendance.peopleHint}
          inputMode="numeric"
          maxLength={4}
          value={attendees}
          testId="mark-attendees"
          onInput={(text) => setAttendees(text.replace(/\D/g, ''))}
        />
      </form>
    </Dialog>
  );
}

/** Only for those with an account: a link is not enough to take the list away. */
function Downloads({ list }: { list: Attendance }) {
  const { attendance } = t.value;
  const { id, occurrence } = list.meeting;
  if (id === null || !user.value) return null;
  const { language } = settings.value;
  return (
    <p class="attendance-downloads">
      {(['pdf', 'csv'] as const).map((form) => (
        <a
          key={form}
          class="button plain small"
          href={api.attendanceUrl(id, occurrence, form, language)}
          download
          data-testid={`attendance-${form}`}
        >
          {attendance.download(form.toUpperCase())}
        </a>
      ))}
    </p>
  );
}
