// Devices, language, look, and how the line is doing.

import { useState } from 'preact/hooks';
import { tidy } from '../../i18n/format';
import { bitRate, catalogues, t } from '../../state/i18n';
import type { Room } from '../../state/room';
import { change, type Settings, settings } from '../../state/settings';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { Select, Switch, TextField } from '../parts/field';
import { Devices, DeviceToggles, Preview } from '../prejoin';

export interface SettingsDialogProps {
  room: Room;
  onClose: () => void;
  openLine: () => void;
}

export function SettingsDialog({ room, onClose, openLine }: SettingsDialogProps) {
  const { settings: text, common } = t.value;
  return (
    <Dialog title={common.settings} wide onClose={onClose} testId="settings">
      <div class="settings">
        <section>
          <h3>{text.devices}</h3>
          <div class="settings-preview">
            <Preview room={room} />
          </div>
          <DeviceToggles room={room} />
          <Devices room={room} />
        </section>
        <div>
          <General room={room} />
          <Pictures openLine={openLine} />
        </div>
      </div>
    </Dialog>
  );
}

function General({ room }: { room: Room }) {
  const { settings: text } = t.value;
  const now = settings.value;
  return (
    <section>
      <h3>{text.general}</h3>
      {room.roster.self.value?.guest && <Rename room={room} />}
      <div class="two">
        <Select
          label={text.language}
          value={now.language}
          options={(['vi', 'en'] as const).map((value) => ({
            value,
            label: catalogues[value].languageName,
          }))}
          onChange={(value) => change({ language: value === 'en' ? 'en' : 'vi' })}
        />
        <Select
          label={text.theme}
          value={now.theme}
          options={[
            { value: 'auto', label: text.themeAuto },
            { value: 'light', label: text.themeLight },
            { value: 'dark', label: text.themeDark },
          ]}
          onChange={(value) =>
            change({ theme: value === 'light' || value === 'dark' ? value : 'auto' })
          }
        />
      </div>
      <Select
        label={text.quality}
        value={now.quality}
        options={[
          { value: '720', label: text.quality720 },
          { value: '360', label: text.quality360 },
        ]}
        onChange={(value) => void room.local.chooseQuality(value === '360' ? '360' : '720')}
      />
      <div class="switches">
        <Switch
          label={text.mirror}
          checked={now.mirror}
          onChange={(mirror) => change({ mirror })}
        />
        <Switch
          label={text.holdToTalk}
          checked={now.holdToTalk}
          onChange={(holdToTalk) => change({ holdToTalk })}
        />
        <Switch
          label={text.singleKeys}
          checked={now.singleKeys}
          onChange={(singleKeys) => change({ singleKeys })}
        />
      </div>
    </section>
  );
}

function Rename({ room }: { room: Room }) {
  const { participants, prejoin, common } = t.value;
  const own = room.roster.self.value?.name ?? '';
  const [name, setName] = useState(own);
  const clean = tidy(name);
  return (
    <form
      class="rename"
      onSubmit={(event) => {
        event.preventDefault();
        if (clean) void room.rename(clean);
      }}
    >
      <TextField
        label={prejoin.name}
        value={name}
        maxLength={80}
        autoComplete="name"
        onInput={setName}
      />
      <Button type="submit" disabled={!clean || clean === own}>
        {clean === own ? common.save : participants.rename}
      </Button>
    </form>
  );
}

const pages = ['auto', '4', '9', '16', '25', '49'] as const;
const rates = ['0', '2000', '1000', '500', '250'] as const;

function Pictures({ openLine }: { openLine: () => void }) {
  const { settings: text } = t.value;
  const now = settings.value;
  return (
    <section>
      <h3>{text.view}</h3>
      <div class="two">
        <Select
          label={text.perPage}
          value={now.perPage}
          options={pages.map((value) => ({
            value,
            label: value === 'auto' ? text.perPageAuto : value,
          }))}
          testId="per-page"
          onChange={(value) => change({ perPage: value as Settings['perPage'] })}
        />
        <Select
          label={text.maxRate}
          value={now.maxKbps}
          options={rates.map((value) => ({
            value,
            label: value === '0' ? text.maxRateNone : bitRate(Number(value) * 1000),
          }))}
          testId="max-rate"
          onChange={(value) => change({ maxKbps: value as Settings['maxKbps'] })}
        />
      </div>
      <p>
        <button type="button" class="link" data-testid="open-connection" onClick={openLine}>
          {text.openLine}
        </button>
      </p>
    </section>
  );
}
