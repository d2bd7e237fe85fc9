// Who is here: raised hands first, then everybody; for moderators what they may do.

import { useComputed } from '@preact/signals';
import { useState } from 'preact/hooks';
import { fold } from '../../i18n/format';
import type { Participant, Role } from '../../protocol/messages';
import { t } from '../../state/i18n';
import type { Room } from '../../state/room';
import { mayModerate } from '../../state/roster';
import { Button, IconButton } from '../parts/button';
import { Confirm } from '../parts/dialog';
import { Icon } from '../parts/icons';
import { Avatar } from '../parts/media';
import { Menu, type MenuEntry } from '../parts/menu';
import { QualityMark } from '../parts/quality';
import { HallDialog } from './hall-dialog';
import { PanelFrame } from './panel';
import { SiteDialog } from './site-dialog';
import { displayName, microphoneOn } from './tile';

const givenRoles: Role[] = ['chair', 'secretary', 'delegate', 'guest', 'observer', 'technician'];

export function PeoplePanel({ room, onClose }: { room: Room; onClose: () => void }) {
  const { participants } = t.value;
  const [search, setSearch] = useState('');
  const [removing, setRemoving] = useState<Participant | null>(null);
  const [seating, setSeating] = useState<Participant | null>(null);
  const [counting, setCounting] = useState<Participant | null>(null);
  const [handing, setHanding] = useState<Participant | null>(null);
  const ask = { remove: setRemoving, seat: setSeating, count: setCounting, hand: setHanding };
  const wanted = fold(search.trim());
  const everyone = [...room.roster.people.value.values()].sort(byRank);
  const found = everyone.filter(({ name, unit }) => fold(`${name} ${unit}`).includes(wanted));
  const hands = room.roster.hands.value;
  return (
    <PanelFrame title={participants.title} onClose={onClose} testId="people-panel">
      <div class="people-top">
        {everyone.length > 8 && (
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
        <p class="people-total">
          {participants.total(everyone.length, room.roster.headcount.value)}
        </p>
        {room.roster.isModerator.value && everyone.length > 1 && (
          <Button small icon="microphone-off" testId="mute-all" onClick={() => void room.muteAll()}>
            {participants.muteAll}
          </Button>
        )}
      </div>
      <div class="people-list">
        {hands.length > 0 && !wanted && (
          <>
            <h3>
              {participants.hands} <span class="count">{hands.length}</span>
            </h3>
            <ol>
              {hands.map((person, i) => (
                <Row key={person.id} room={room} person={person} place={i + 1} ask={ask} />
              ))}
            </ol>
            <h3>{participants.all}</h3>
          </>
        )}
        {found.length === 0 && <p class="panel-note">{participants.noMatch}</p>}
        <ul>
          {found.map((person) => (
            <Row key={person.id} room={room} person={person} ask={ask} />
          ))}
        </ul>
      </div>
      {seating && <HallDialog room={room} person={seating} onClose={() => setSeating(null)} />}
      {counting && <SiteDialog room={room} person={counting} onClose={() => setCounting(null)} />}
      {handing && (
        <Confirm
          title={participants.handOverTitle(handing.name)}
          text={participants.handOverText}
          confirm={participants.handOver}
          kind="primary"
          testId="hand-over-confirm"
          onClose={() => setHanding(null)}
          onConfirm={() => void room.handOver(handing.id)}
        />
      )}
      {removing && (
        <Confirm
          title={participants.removeTitle(removing.name)}
          text={participants.removeText}
          confirm={participants.removeConfirm}
          testId="remove-confirm"
          onClose={() => setRemoving(null)}
          onConfirm={() => void room.act('remove', { participant: removing.id })}
        />
      )}
    </PanelFrame>
  );
}

const ranks: Record<Role, number> = {
  chair: 0,
  organizer: 1,
  secretary: 2,
  delegate: 3,
  guest: 3,
  technician: 4,
  observer: 5,
};

function byRank(a: Participant, b: Participant): number {
  return ranks[a.role] - ranks[b.role] || a.name.localeCompare(b.name, 'vi');
}

/** Opens a dialog about somebody. */
type Ask = Record<'remove' | 'seat' | 'count' | 'hand', (person: Participant) => void>;

interface RowProps {
  room: Room;
  person: Participant;
  place?: number;
  ask: Ask;
}

function Row({ room, person, place, ask }: RowProps) {
  const { roles, lines, participants } = t.value;
  const isSelf = person.id === room.roster.you.value;
  const speaking = useComputed(() => room.roster.speaking.value.has(person.id)).value;
  const details = [
    person.acting ? participants.acting : person.role !== 'guest' && roles[person.role],
    person.title,
    person.unit,
    person.hall && participants.hall(person.hall),
    person.site > 1 && participants.site(person.site),
    person.line !== 'up' && lines[person.line],
  ].filter(Boolean);
  const verdict = room.roster.verdicts.value.get(person.id);
  return (
    <li
      class="person"
      data-testid={place === undefined ? 'participant-row' : 'hand-row'}
      data-participant={person.id}
      data-name={person.name}
    >
      {place !== undefined && <span class="place">{place}</span>}
      <span class={`person-face${speaking ? ' speaking' : ''}`}>
        <Avatar name={person.name} />
      </span>
      <span class="person-text">
        <span class="person-name">{displayName(person, isSelf)}</span>
        {details.length > 0 && <span class="person-details">{details.join(' · ')}</span>}
        {verdict && verdict !== 'ok' && (
          <span class="person-verdict" data-testid="verdict" data-verdict={verdict}>
            <Icon name="warning" size={14} />
            {verdict === 'quiet' ? participants.quiet : participants.loud}
          </span>
        )}
      </span>
      <PersonState room={room} person={person} />
      <PersonMenu room={room} person={person} ask={ask} />
    </li>
  );
}

function PersonState({ room, person }: { room: Room; person: Participant }) {
  const { participants, meeting } = t.value;
  const on = microphoneOn(person);
  const may = mayModerate(room.roster.self.value, person);
  return (
    <span class="person-state">
      {person.quality && person.quality !== 'good' && person.line === 'up' && (
        <QualityMark quality={person.quality} name={person.name} />
      )}
      {person.hand !== null && (
        <span class="hand-mark" role="img" aria-label={meeting.handUp}>
          <Icon name="hand" size={18} />
        </span>
      )}
      {person.media.screen && <Icon name="screen" size={18} />}
      {may && on ? (
        <IconButton
          icon="microphone"
          size="small"
          label={`${participants.mute}: ${person.name}`}
          tip="none"
          testId="mute-participant"
          onClick={() => void room.mute(person.id, 'microphone', true)}
        />
      ) : (
        <span class={`state-icon${person.muted.microphone ? ' shut' : ''}`}>
          <Icon name={on ? 'microphone' : 'microphone-off'} size={20} />
          {!on && <span class="sr-only">{meeting.muted}</span>}
        </span>
      )}
    </span>
  );
}

function PersonMenu({ room, person, ask }: Omit<RowProps, 'place'>) {
  const { participants, meeting } = t.value;
  const self = room.roster.self.value;
  const pinned = room.layout.pinned.value === `${person.id}/camera`;
  const entries: (MenuEntry | null)[] =
    person.id === self?.id
      ? []
      : [
          {
            label: pinned ? meeting.unpin : meeting.pin,
            icon: 'pin',
            run: () => room.layout.togglePin(person.id, 'camera'),
          },
        ];
  if (person.id === self?.id || mayModerate(self, person))
    entries.push({
      label: participants.setHall,
      icon: 'hall',
      testId: 'set-hall',
      run: () => ask.seat(person),
    });
  if (person.id === self?.id || mayModerate(self, person))
    entries.push({
      label: participants.setSite,
      icon: 'people',
      testId: 'set-site',
      run: () => ask.count(person),
    });
  if (mayModerate(self, person)) entries.push(...moderation(room, person, ask.remove));
  if (room.roster.isChair.value && self?.role === 'chair' && person.id !== self.id)
    entries.push({
      label: participants.handOver,
      icon: 'people',
      testId: 'hand-over',
      run: () => ask.hand(person),
    });
  if (room.roster.isModerator.value && (person.id === self?.id || mayModerate(self, person)))
    entries.push(...roleEntries(room, person));
  while (entries[0] === null) entries.shift();
  if (entries.length === 0) return <span class="menu-space" />;
  return (
    <Menu
      label={participants.actions(person.name)}
      entries={entries}
      look="icon-button plain small"
      testId="participant-menu"
    >
      <Icon name="more" size={20} />
    </Menu>
  );
}

function moderation(
  room: Room,
  person: Participant,
  remove: (person: Participant) => void,
): (MenuEntry | null)[] {
  const { participants } = t.value;
  const shut = (source: 'camera' | 'screen', stop: string, allow: string): MenuEntry[] =>
    person.media[source] || person.muted[source]
      ? [
          {
            label: person.muted[source] ? allow : stop,
            icon: source === 'camera' ? 'camera' : 'screen',
            run: () => void room.mute(person.id, source, !person.muted[source]),
          },
        ]
      : [];
  return [
    microphoneOn(person)
      ? {
          label: participants.mute,
          icon: 'microphone-off',
          run: () => void room.mute(person.id, 'microphone', true),
        }
      : {
          label: participants.askUnmute,
          icon: 'microphone',
          testId: 'ask-unmute',
          run: () => void room.askUnmute(person.id),
        },
    ...(person.muted.microphone
      ? [
          {
            label: participants.allowMicrophone,
            icon: 'lock' as const,
            run: () => void room.mute(person.id, 'microphone', false),
          },
        ]
      : []),
    ...shut('camera', participants.stopCamera, participants.allowCamera),
    ...shut('screen', participants.stopScreen, participants.allowScreen),
    ...(person.hand !== null
      ? [
          {
            label: participants.lowerHand,
            icon: 'hand' as const,
            run: () => void room.act('hand', { raised: false, participant: person.id }),
          },
        ]
      : []),
    null,
    {
      label: participants.sendBack,
      icon: 'door',
      testId: 'send-back',
      run: () => void room.sendBack(person.id),
    },
    {
      label: participants.remove,
      icon: 'out',
      danger: true,
      testId: 'remove-participant',
      run: () => remove(person),
    },
  ];
}

function roleEntries(room: Room, person: Participant): (MenuEntry | null)[] {
  return [
    null,
    ...givenRoles
      .filter((role) => role !== 'chair' || room.roster.isChair.value)
      .map((role) => ({
        label: t.value.roles[role],
        checked: person.role === role,
        run: () => void room.setRole(person.id, role),
      })),
  ];
}
