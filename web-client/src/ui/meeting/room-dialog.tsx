// What moderators decide for everybody: how the room sounds, and whether all may chat.

import { t } from '../../state/i18n';
import type { Room } from '../../state/room';
import { Dialog } from '../parts/dialog';
import { Radios, Switch } from '../parts/field';

export function RoomDialog({ room, onClose }: { room: Room; onClose: () => void }) {
  const { room: text } = t.value;
  const now = room.roster.room.value;
  if (!now) return null;
  const { policy, levelling } = now.audio;
  const mixed = policy === 'mix';
  return (
    <Dialog title={text.title} onClose={onClose} testId="room-settings">
      <div class="room-settings">
        <p class="muted">{text.intro}</p>
        <Radios
          legend={text.sound}
          value={policy}
          options={[
            { value: 'mix', label: text.mix, hint: text.mixHint, testId: 'policy-mix' },
            {
              value: 'forward',
              label: text.forward,
              hint: text.forwardHint,
              testId: 'policy-forward',
            },
          ]}
          onChange={(audio_policy) => void room.act('room', { audio_policy })}
        />
        <Switch
          label={text.levelling}
          hint={mixed ? text.levellingHint : text.levellingForward}
          checked={mixed && levelling}
          disabled={!mixed}
          testId="levelling"
          onChange={(on) => void room.act('room', { levelling: on })}
        />
        <Switch
          label={text.chat}
          checked={now.chat_open}
          testId="chat-open"
          onChange={(on) => void room.act('room', { chat_open: on })}
        />
      </div>
    </Dialog>
  );
}
