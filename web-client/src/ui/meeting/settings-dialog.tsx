// Devices, language, look, and how the line is doing.

import { useState } from 'preact/hooks';
import { formatBitRate, formatPercent } from '../../i18n/format';
import { catalogues, t } from '../../state/i18n';
import type { Room } from '../../state/room';
import { change, settings } from '../../state/settings';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { Select, Switch, TextField } from '../parts/field';
import { Devices, DeviceToggles, Preview } from '../prejoin';

export function SettingsDialog({ room, onClose }: { room: Room; onClose: () => void }) {
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
          <LineFacts room={room} />
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
  const clean = name.trim().replace(/\s+/g, ' ').normalize('NFC');
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

function LineFacts({ room }: { room: Room }) {
  const { settings: text } = t.value;
  const figures = room.figures.value;
  const path = room.path.value;
  const facts: [string, string][] = [
    [text.path, (path?.path ?? figures?.protocol ?? '').toUpperCase()],
    [text.encryption, path?.srtp.replaceAll('_', '-') ?? ''],
    [text.roundTrip, figures ? `${figures.report.rtt_ms} ms` : ''],
    [
      text.loss,
      figures
        ? `${formatPercent(figures.report.loss_up)} / ${formatPercent(figures.report.loss_down)}`
        : '',
    ],
    [
      text.rate,
      figures ? `${formatBitRate(figures.upBps)} / ${formatBitRate(figures.downBps)}` : '',
    ],
  ];
  return (
    <section>
      <h3>{text.connection}</h3>
      <dl class="line-facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value || '–'}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
