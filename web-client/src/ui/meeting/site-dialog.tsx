// How many people sit in front of a connection: attendance counts people.

import { useState } from 'preact/hooks';
import type { Participant } from '../../protocol/messages';
import { t } from '../../state/i18n';
import type { Room } from '../../state/room';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { TextField } from '../parts/field';

export function SiteDialog(props: { room: Room; person: Participant; onClose: () => void }) {
  const { room, person, onClose } = props;
  const { participants, common, prejoin } = t.value;
  const [text, setText] = useState(String(person.site));
  const isSelf = person.id === room.roster.you.value;
  const save = (): void => {
    const site = Math.min(9999, Math.max(1, Number(text) || 1));
    onClose();
    void room.setSite(site, isSelf ? undefined : person.id);
  };
  return (
    <Dialog
      title={isSelf ? participants.ownSiteTitle : participants.siteTitle(person.name)}
      onClose={onClose}
      testId="site-dialog"
      footer={
        <>
          <Button kind="quiet" onClick={onClose}>
            {common.cancel}
          </Button>
          <Button kind="primary" testId="site-save" onClick={save}>
            {common.save}
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <TextField
          label={prejoin.site}
          hint={participants.siteHint}
          inputMode="numeric"
          maxLength={4}
          value={text}
          testId="site-count"
          onInput={(value) => setText(value.replace(/\D/g, ''))}
        />
      </form>
    </Dialog>
  );
}
