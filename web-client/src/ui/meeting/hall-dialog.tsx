// Where somebody sits with others: asked of oneself, or set by a moderator for another.

import { useState } from 'preact/hooks';
import { tidy } from '../../i18n/format';
import type { Participant } from '../../protocol/messages';
import { t } from '../../state/i18n';
import type { Room } from '../../state/room';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { TextField } from '../parts/field';

export interface HallDialogProps {
  room: Room;
  person: Participant;
  onClose: () => void;
}

export function HallDialog({ room, person, onClose }: HallDialogProps) {
  const { participants, prejoin, common } = t.value;
  const isSelf = person.id === room.roster.you.value;
  const [hall, setHall] = useState(person.hall ?? '');
  const clean = tidy(hall);
  const known = room.roster.halls.value;
  const set = (name: string): void => {
    onClose();
    if ((name || null) !== person.hall)
      void room.setHall(name || null, isSelf ? undefined : person.id);
  };
  return (
    <Dialog
      title={isSelf ? participants.ownHallTitle : participants.hallTitle(person.name)}
      onClose={onClose}
      testId="hall-dialog"
    >
      <form
        class="hall-form"
        onSubmit={(event) => {
          event.preventDefault();
          set(clean);
        }}
      >
        <TextField
          label={prejoin.hall}
          hint={prejoin.hallHint}
          placeholder={prejoin.hallPlaceholder}
          value={hall}
          maxLength={80}
          suggestions={known}
          autoFocus
          testId="hall-name"
          onInput={setHall}
        />
        {known.length > 0 && (
          <div class="hall-known">
            <p class="muted">{participants.halls}</p>
            <p class="chips">
              {known.map((name) => (
                <button
                  key={name}
                  type="button"
                  class="chip"
                  data-testid="hall-known"
                  onClick={() => set(name)}
                >
                  {name}
                </button>
              ))}
            </p>
          </div>
        )}
        <div class="form-actions">
          {person.hall !== null && (
            <Button kind="quiet" testId="hall-none" onClick={() => set('')}>
              {participants.hallNone}
            </Button>
          )}
          <Button type="submit" kind="primary" testId="hall-save">
            {common.save}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
