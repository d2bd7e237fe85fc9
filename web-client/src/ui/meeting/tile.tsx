// One picture with its name: camera or screen, of somebody else or of oneself.

import { useComputed } from '@preact/signals';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Participant } from '../../protocol/messages';
import { t } from '../../state/i18n';
import { type TileNote, tileNote } from '../../state/line-notes';
import type { Room } from '../../state/room';
import { settings } from '../../state/settings';
import type { TileRef } from '../../state/tiles';
import { IconButton } from '../parts/button';
import { Icon } from '../parts/icons';
import { Avatar, Picture } from '../parts/media';
import { QualityMark } from '../parts/quality';

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
  const note = isSelf || room.layout.saveData.value ? null : tileNote(slot);
  const name = displayName(person, isSelf);
  const label = tile.source === 'screen' ? t.value.meeting.screenOf(person.name) : name;
  return (
    <article
      class={`tile ${place} ${tile.source}${speaking ? ' speaking' : ''}`}
      aria-label={describe(person, label, speaking, note)}
      data-testid="tile"
      data-participant={person.id}
      data-name={person.name}
      data-source={tile.source}
      data-speaking={speaking}
      data-slot={slot?.slot ?? ''}
      data-state={slot?.state ?? ''}
      data-note={note ?? ''}
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
          note={note}
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
        {tile.source === 'camera' && <PersonQuality room={room} person={person} />}
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

/** Only what is not well; one's own always, for the person wants to know that it is. */
function PersonQuality({ room, person }: { room: Room; person: Participant }) {
  const isSelf = person.id === room.roster.you.value;
  const quality = isSelf ? room.ownQuality.value : (person.quality ?? 'good');
  if (quality === 'good' || person.line !== 'up') return null;
  return (
    <span class={`tile-badge quality-${quality}`} data-testid="tile-quality" data-quality={quality}>
      <QualityMark quality={quality} {...(isSelf ? {} : { name: person.name })} />
    </span>
  );
}

export function displayName(person: Participant, isSelf: boolean): string {
  return isSelf ? `${person.name} (${t.value.common.you})` : person.name;
}

export function microphoneOn(person: Participant): boolean {
  return person.media.microphone && !person.muted.microphone;
}

function describe(person: Participant, label: string, speaking: boolean, note: TileNote): string {
  const { meeting, tile } = t.value;
  return [
    label,
    speaking && meeting.speaking,
    !microphoneOn(person) && meeting.muted,
    person.hand !== null && meeting.handUp,
    note && tile[note],
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
  note: TileNote;
  onFrame: () => void;
}

function TheirPicture({ room, person, source, slot, note, onFrame }: TheirPictureProps) {
  const line = room.call.line.value;
  // Not person.active: that one goes off only two seconds after the last packet.
  const sends = person.media[source] && !person.muted[source];
  const paused = note?.startsWith('paused') ?? false;
  const stream = slot !== undefined && sends && !paused ? (line?.slots[slot] ?? null) : null;
  const wanted = sends && !room.layout.saveData.value;
  return (
    <>
      {source === 'camera' && <Avatar name={person.name} large />}
      {wanted && paused && <Note note={note} />}
      {wanted && !paused && (note === 'waiting' || note === 'waiting_publisher' || !stream) && (
        <Patience note={stream ? note : null} />
      )}
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

/** What the picture is waiting for, in words. */
function Note({ note }: { note: TileNote }) {
  if (!note) return null;
  return (
    <p class="tile-note" data-testid="tile-note">
      {t.value.tile[note]}
    </p>
  );
}

/** Only after a moment: most pictures come sooner. */
function Patience({ note }: { note: TileNote }) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 1_200);
    return () => clearTimeout(timer);
  }, []);
  if (!shown) return null;
  return note ? <Note note={note} /> : <span class="spinner tile-wait" aria-hidden="true" />;
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
