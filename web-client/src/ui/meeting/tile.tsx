// One picture with its name: camera or screen, of somebody else or of oneself.

import { useComputed } from '@preact/signals';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Participant } from '../../protocol/messages';
import { t } from '../../state/i18n';
import type { Room } from '../../state/room';
import { settings } from '../../state/settings';
import type { TileRef } from '../../state/tiles';
import { IconButton } from '../parts/button';
import { Icon } from '../parts/icons';
import { Avatar, Picture } from '../parts/media';

export interface TileProps {
  room: Room;
  tile: TileRef;
  place: 'grid' | 'main' | 'strip' | 'floating';
}

export function Tile({ room, tile, place }: TileProps) {
  // Only what this tile shows makes it render anew, however many others there are.
  const person = useComputed(() => room.roster.people.value.get(tile.participant)).value;
  const talks = useComputed(() => room.roster.speaking.value.has(tile.participant)).value;
  if (!person) return null;
  const isSelf = person.id === room.roster.you.value;
  const speaking = tile.source === 'camera' && talks;
  const slot = room.roster.slotOf(person.id, tile.source);
  const name = displayName(person, isSelf);
  const label = tile.source === 'screen' ? t.value.meeting.screenOf(person.name) : name;
  return (
    <article
      class={`tile ${place} ${tile.source}${speaking ? ' speaking' : ''}`}
      aria-label={describe(person, label, speaking)}
      data-testid="tile"
      data-participant={person.id}
      data-name={person.name}
      data-source={tile.source}
      data-speaking={speaking}
      data-slot={slot?.slot ?? ''}
      data-self={isSelf}
    >
      {isSelf ? (
        <OwnPicture room={room} person={person} />
      ) : (
        <TheirPicture
          room={room}
          person={person}
          source={tile.source}
          slot={slot?.slot}
          onFrame={() => room.mark('first-remote-frame')}
        />
      )}
      <div class="tile-top">
        {person.hand !== null && tile.source === 'camera' && (
          <span class="tile-badge hand">
            <Icon name="hand" size={18} />
          </span>
        )}
        {!isSelf && person.line !== 'up' && (
          <span class={`tile-badge line-${person.line}`}>
            <span class="spinner" aria-hidden="true" />
            <span class="tile-badge-text">{t.value.lines[person.line]}</span>
          </span>
        )}
        {place !== 'floating' && !isSelf && <PinButton room={room} tile={tile} />}
      </div>
      <footer class="tile-label">
        {tile.source === 'screen' ? (
          <Icon name="screen" size={16} />
        ) : (
          !microphoneOn(person) && <Icon name="microphone-off" size={16} />
        )}
        <span class="tile-name">{label}</span>
        {person.role !== 'guest' && person.role !== 'delegate' && tile.source === 'camera' && (
          <span class={`role role-${person.role}`}>{t.value.roles[person.role]}</span>
        )}
        {person.site > 1 && tile.source === 'camera' && (
          <span class="role site">
            <Icon name="people" size={14} />
            {person.site}
          </span>
        )}
      </footer>
    </article>
  );
}

export function displayName(person: Participant, isSelf: boolean): string {
  return isSelf ? `${person.name} (${t.value.common.you})` : person.name;
}

export function microphoneOn(person: Participant): boolean {
  return person.media.microphone && !person.muted.microphone;
}

function describe(person: Participant, label: string, speaking: boolean): string {
  const { meeting } = t.value;
  return [
    label,
    speaking && meeting.speaking,
    !microphoneOn(person) && meeting.muted,
    person.hand !== null && meeting.handUp,
  ]
    .filter(Boolean)
    .join(', ');
}

function OwnPicture({ room, person }: { room: Room; person: Participant }) {
  const { track } = room.local.camera.value;
  const stream = useMemo(() => (track ? new MediaStream([track]) : null), [track]);
  return (
    <>
      <Avatar name={person.name} large />
      {stream && <Picture stream={stream} mirrored={settings.value.mirror} />}
    </>
  );
}

interface TheirPictureProps {
  room: Room;
  person: Participant;
  source: TileRef['source'];
  slot: number | undefined;
  onFrame: () => void;
}

function TheirPicture({ room, person, source, slot, onFrame }: TheirPictureProps) {
  const line = room.call.line.value;
  // Not person.active: that one goes off only two seconds after the last packet.
  const sends = person.media[source] && !person.muted[source];
  const stream = slot !== undefined && sends ? (line?.slots[slot] ?? null) : null;
  const wanted = sends && stream === null && !room.layout.saveData.value;
  return (
    <>
      {source === 'camera' && <Avatar name={person.name} large />}
      {wanted && <Patience />}
      {stream && (
        <Picture
          key={`${slot}`}
          stream={stream}
          fit={source === 'screen' ? 'contain' : 'cover'}
          onFrame={onFrame}
          testId="tile-video"
        />
      )}
    </>
  );
}

/** Only after a moment: most pictures come sooner. */
function Patience() {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 1_200);
    return () => clearTimeout(timer);
  }, []);
  return shown ? <span class="spinner tile-wait" aria-hidden="true" /> : null;
}

function PinButton({ room, tile }: { room: Room; tile: TileRef }) {
  const pinned = room.layout.pinned.value === tile.key;
  const { meeting } = t.value;
  return (
    <span class={`tile-actions${pinned ? ' pinned' : ''}`}>
      <IconButton
        icon="pin"
        size="small"
        label={`${pinned ? meeting.unpin : meeting.pin}: ${room.roster.nameOf(tile.participant)}`}
        pressed={pinned}
        tip="none"
        testId="pin"
        onClick={() => room.layout.togglePin(tile.participant, tile.source)}
      />
    </span>
  );
}
