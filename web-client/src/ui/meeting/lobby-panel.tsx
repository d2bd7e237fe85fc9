// Who waits at the door, for those who may open it.

import { useEffect, useState } from 'preact/hooks';
import { formatDuration } from '../../i18n/format';
import type { Knock } from '../../protocol/messages';
import { t } from '../../state/i18n';
import type { Room } from '../../state/room';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { TextField } from '../parts/field';
import { Icon } from '../parts/icons';
import { Avatar } from '../parts/media';
import { PanelFrame } from './panel';

export function LobbyPanel({ room, onClose }: { room: Room; onClose: () => void }) {
  const { lobby } = t.value;
  const [refusing, setRefusing] = useState<Knock | null>(null);
  const people = room.roster.lobby.value;
  const admissible = people.filter(({ removed }) => !removed).length;
  return (
    <PanelFrame title={lobby.title} onClose={onClose} testId="lobby-panel">
      <div class="people-top">
        <p class="people-total" role="status">
          {people.length > 0 ? lobby.count(people.length) : lobby.nobody}
        </p>
        {admissible > 1 && (
          <Button small kind="primary" testId="admit-all" onClick={() => void room.admitAll()}>
            {lobby.admitAll(admissible)}
          </Button>
        )}
      </div>
      <ul class="people-list">
        {people.map((knock) => (
          <Row key={knock.participant} room={room} knock={knock} refuse={setRefusing} />
        ))}
      </ul>
      {refusing && <RefuseDialog room={room} knock={refusing} onClose={() => setRefusing(null)} />}
    </PanelFrame>
  );
}

function Row(props: { room: Room; knock: Knock; refuse: (knock: Knock) => void }) {
  const { room, knock, refuse } = props;
  const { lobby, roles } = t.value;
  const who = [knock.title, knock.unit].filter(Boolean).join(', ');
  return (
    <li class="person knock" data-testid="knock" data-participant={knock.participant}>
      <Avatar name={knock.name} />
      <span class="person-text">
        <span class="person-name">{knock.name}</span>
        {who && <span class="person-details">{who}</span>}
        <span class="person-details">
          {`${roles[knock.role]} · ${lobby.signed[knock.signed]} · `}
          <Since at={knock.since} />
        </span>
        {knock.removed && (
          <span class="person-verdict">
            <Icon name="warning" size={14} />
            {lobby.removed}
          </span>
        )}
        {knock.lost && <span class="person-verdict">{lobby.lost}</span>}
        <span class="knock-actions">
          <Button
            small
            kind="primary"
            testId="admit"
            label={lobby.admitName(knock.name)}
            onClick={() => void room.admit(knock.participant)}
          >
            {lobby.admit}
          </Button>
          <Button
            small
            testId="refuse"
            label={lobby.refuseName(knock.name)}
            onClick={() => refuse(knock)}
          >
            {lobby.refuse}
          </Button>
        </span>
      </span>
    </li>
  );
}

function Since({ at }: { at: string }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 10_000);
    return () => clearInterval(timer);
  }, []);
  const ms = Math.max(0, now - new Date(at).getTime());
  return <>{ms < 60_000 ? t.value.lobby.justNow : t.value.lobby.since(formatDuration(ms))}</>;
}

function RefuseDialog(props: { room: Room; knock: Knock; onClose: () => void }) {
  const { room, knock, onClose } = props;
  const { lobby, common } = t.value;
  const [message, setMessage] = useState('');
  const send = (): void => {
    onClose();
    void room.turnAway(knock.participant, message.trim());
  };
  return (
    <Dialog
      title={lobby.refuseName(knock.name)}
      onClose={onClose}
      testId="refuse-dialog"
      footer={
        <>
          <Button kind="quiet" onClick={onClose}>
            {common.cancel}
          </Button>
          <Button kind="danger" testId="refuse-confirm" onClick={send}>
            {lobby.refuse}
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <TextField
          label={lobby.word}
          hint={lobby.wordHint}
          value={message}
          maxLength={200}
          testId="refuse-message"
          onInput={setMessage}
        />
      </form>
    </Dialog>
  );
}
