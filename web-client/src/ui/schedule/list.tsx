// The list of meetings: searched and filtered by the server, day by day.

import { useEffect, useState } from 'preact/hooks';
import { formatDate } from '../../i18n/format';
import { ownZone, parseDate, toInstant } from '../../i18n/zones';
import { meetingStates, type Occurrence } from '../../protocol/meetings';
import { meetingsApi } from '../../session/meetings-api';
import { errorText, t } from '../../state/i18n';
import { loadUnits, units, unitTree } from '../../state/people';
import { addDays } from '../../state/recurrence';
import { isGoing, mayPlan } from '../../state/schedule';
import { sayDayLong, words } from '../../state/words';
import { Button } from '../parts/button';
import { Select, TextField } from '../parts/field';
import { Icon } from '../parts/icons';
import { useLoaded } from '../parts/load';
import { byDay, MeetingRow } from './row';

interface Filter {
  search: string;
  from: string;
  to: string;
  status: string;
  unit: number | null;
  mine: boolean;
}

const pageSize = 50;
const searchAfterMs = 250;

function readFilter(filter: Filter) {
  const zone = ownZone();
  const midnight = { hour: 0, minute: 0 };
  const from = parseDate(filter.from);
  const to = parseDate(filter.to);
  const template = filter.status === 'template';
  return {
    search: filter.search.trim(),
    ...(from && !template ? { from: toInstant({ ...from, ...midnight }, zone).toISOString() } : {}),
    ...(to && !template
      ? { to: toInstant({ ...addDays(to, 1), ...midnight }, zone).toISOString() }
      : {}),
    ...(template ? { template: true } : { status: filter.status }),
    unit: filter.unit,
    mine: filter.mine,
  };
}

export function ListTab() {
  const { list } = words.value;
  const [filter, setFilter] = useState<Filter>(() => ({
    search: '',
    from: formatDate(new Date().toISOString(), ownZone()),
    to: '',
    status: '',
    unit: null,
    mine: false,
  }));
  const [more, setMore] = useState<Occurrence[]>([]);
  const first = useLoaded(
    () => meetingsApi.list({ ...readFilter(filter), limit: pageSize }),
    [filter],
    filter.search ? searchAfterMs : 0,
  );
  const [after, setAfter] = useState(false);
  useEffect(() => {
    setMore([]);
    setAfter(first.value?.more ?? false);
  }, [first.value]);
  useEffect(() => {
    if (mayPlan()) void loadUnits();
  }, []);
  const all = [...(first.value?.meetings ?? []), ...more];
  const shown = all.filter((one) => !isGoing(one));
  const loadMore = async (): Promise<void> => {
    const answer = await meetingsApi.list({
      ...readFilter(filter),
      offset: all.length,
      limit: pageSize,
    });
    setMore([...more, ...answer.meetings]);
    setAfter(answer.more);
  };
  return (
    <>
      <h1 class="sr-only">{list.title}</h1>
      <Filters filter={filter} set={(part) => setFilter({ ...filter, ...part })} />
      {first.error && (
        <p class="problem" role="alert">
          {errorText(first.error)}
        </p>
      )}
      {first.value === null && !first.error && (
        <span class="spinner large" role="status" aria-label={t.value.common.loading} />
      )}
      {first.value && (
        <p class="sr-only" role="status">
          {list.found(shown.length, after)}
        </p>
      )}
      {first.value && shown.length === 0 && (
        <div class="empty card">
          <Icon name="calendar" size={40} />
          <h2>{list.empty}</h2>
          <p>{mayPlan() ? list.emptyHint : list.emptyGuestHint}</p>
        </div>
      )}
      {byDay(shown).map(([day, rows]) => (
        <section key={day} class="meeting-list">
          <h2>{sayDayLong(day)}</h2>
          <ul>
            {rows.map((one) => (
              <MeetingRow key={`${one.id}/${one.occurrence}`} of={one} again={first.again} />
            ))}
          </ul>
        </section>
      ))}
      {after && (
        <p class="more">
          <Button testId="list-more" onClick={() => void loadMore()}>
            {list.more}
          </Button>
        </p>
      )}
    </>
  );
}

function Filters({ filter, set }: { filter: Filter; set: (part: Partial<Filter>) => void }) {
  const { list, status, editor } = words.value;
  return (
    <search class="list-filter">
      <TextField
        label={list.search}
        type="search"
        value={filter.search}
        placeholder={list.searchHint}
        testId="list-search"
        onInput={(search) => set({ search })}
      />
      <TextField
        label={list.from}
        value={filter.from}
        placeholder={editor.dateHint}
        inputMode="numeric"
        error={filter.from && !parseDate(filter.from) ? editor.dateInvalid : null}
        testId="list-from"
        onInput={(from) => set({ from })}
      />
      <TextField
        label={list.to}
        value={filter.to}
        placeholder={editor.dateHint}
        inputMode="numeric"
        error={filter.to && !parseDate(filter.to) ? editor.dateInvalid : null}
        testId="list-to"
        onInput={(to) => set({ to })}
      />
      <Select
        label={list.status}
        value={filter.status}
        options={[
          { value: '', label: list.anyStatus },
          ...meetingStates.map((value) => ({ value, label: status[value] })),
          ...(mayPlan() ? [{ value: 'template', label: list.templates }] : []),
        ]}
        testId="list-status"
        onChange={(value) => set({ status: value })}
      />
      {mayPlan() && (
        <Select
          label={list.unit}
          value={filter.unit === null ? '' : String(filter.unit)}
          options={[
            { value: '', label: t.value.people.allUnits },
            ...unitTree(units.value).map(({ unit, depth }) => ({
              value: String(unit.id),
              label: `${'\u2003'.repeat(depth)}${unit.name}`,
            })),
          ]}
          testId="list-unit"
          onChange={(value) => set({ unit: value ? Number(value) : null })}
        />
      )}
      {mayPlan() && (
        <label class="check list-mine">
          <input
            type="checkbox"
            checked={filter.mine}
            data-testid="list-mine"
            onChange={(event) => set({ mine: event.currentTarget.checked })}
          />
          <span>{list.mine}</span>
        </label>
      )}
    </search>
  );
}
