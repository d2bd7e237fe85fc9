// The editor's times and repetition.

import { ownZone, timeZoneChoices } from '../../i18n/zones';
import { endsNextDay, type MeetingForm, readDay, readRepeat } from '../../state/meeting-form';
import {
  frequencies,
  nextDays,
  type Weekday,
  weekdayOf,
  weekdays,
  weekOfMonth,
} from '../../state/recurrence';
import { sayDay, sayRepeat, words } from '../../state/words';
import { Radios, Select, Switch, TextField } from '../parts/field';
import { Section, type SectionProps } from './editor-parts';

const daysShown = 5;

/** The weekday follows the date as long as it is the only one. */
function withDate(form: MeetingForm, date: string): Partial<MeetingForm> {
  const before = readDay(form.date);
  const day = readDay(date);
  const follows = day && form.days.length === 1 && (!before || form.days[0] === weekdayOf(before));
  return { date, ...(follows ? { days: [weekdayOf(day)] } : {}) };
}

export function When({ form, errors, set }: SectionProps) {
  const { editor } = words.value;
  return (
    <Section title={editor.sectionWhen} id="when">
      <Times form={form} errors={errors} set={set} />
      <div class="two">
        <Switch
          label={editor.allDay}
          checked={form.allDay}
          testId="meeting-all-day"
          onChange={(allDay) => set({ allDay })}
        />
        <Switch
          label={editor.several}
          checked={form.endDate !== ''}
          testId="meeting-several"
          onChange={(on) => set({ endDate: on ? form.date : '' })}
        />
      </div>
      <div class="two">
        <Select
          label={editor.zone}
          value={form.timeZone}
          options={[...new Set([form.timeZone, ...timeZoneChoices(ownZone())])].map((zone) => ({
            value: zone,
            label: zone.replace(/_/g, ' '),
          }))}
          testId="meeting-zone"
          onChange={(timeZone) => set({ timeZone })}
        />
        <Select
          label={editor.repeat}
          value={form.repeat}
          options={[
            { value: 'none', label: editor.repeatNone },
            ...frequencies.map((value) => ({ value, label: editor.frequency[value] })),
            ...(form.rule ? [{ value: 'custom', label: editor.repeatCustom }] : []),
          ]}
          testId="meeting-repeat"
          onChange={(value) => set({ repeat: value as MeetingForm['repeat'] })}
        />
      </div>
      {form.repeat === 'custom' && <p class="muted">{editor.customRule(form.rule)}</p>}
      {form.repeat !== 'none' && form.repeat !== 'custom' && (
        <Repetition form={form} errors={errors} set={set} />
      )}
    </Section>
  );
}

export function Times({ form, errors, set }: SectionProps) {
  const { editor } = words.value;
  return (
    <div class={`times${form.endDate ? ' several' : ''}`}>
      <TextField
        label={editor.date}
        hint={editor.dateHint}
        value={form.date}
        error={errors.date ?? null}
        inputMode="numeric"
        testId="meeting-date"
        onInput={(date) => set(withDate(form, date))}
      />
      {!form.allDay && (
        <TextField
          label={editor.start}
          value={form.start}
          error={errors.start ?? null}
          inputMode="numeric"
          testId="meeting-start"
          onInput={(start) => set({ start })}
        />
      )}
      {form.endDate !== '' && (
        <TextField
          label={editor.endDate}
          hint={editor.dateHint}
          value={form.endDate}
          error={errors.endDate ?? null}
          inputMode="numeric"
          testId="meeting-end-date"
          onInput={(endDate) => set({ endDate: endDate || ' ' })}
        />
      )}
      {!form.allDay && (
        <TextField
          label={editor.end}
          {...(endsNextDay(form) ? { hint: editor.nextDay } : {})}
          value={form.end}
          error={errors.end ?? null}
          inputMode="numeric"
          testId="meeting-end"
          onInput={(end) => set({ end })}
        />
      )}
    </div>
  );
}

function Repetition({ form, errors, set }: SectionProps) {
  const { editor, rule } = words.value;
  const day = readDay(form.date);
  const repeat = readRepeat(form);
  if (form.repeat === 'none' || form.repeat === 'custom') return null;
  const next = day && repeat ? nextDays(repeat, day, daysShown) : null;
  return (
    <div class="repetition">
      <div class="interval">
        <TextField
          label={editor.interval}
          value={form.interval}
          error={errors.interval ?? null}
          inputMode="numeric"
          testId="repeat-interval"
          onInput={(interval) => set({ interval })}
        />
        <span aria-hidden="true">{editor.units[form.repeat]}</span>
      </div>
      {form.repeat === 'weekly' && <Days form={form} errors={errors} set={set} />}
      {form.repeat === 'monthly' && day && (
        <Radios
          legend={editor.monthly}
          value={form.monthly}
          options={[
            { value: 'day', label: rule.onMonthDay(day.day), testId: 'repeat-month-day' },
            {
              value: 'weekday',
              label: rule.onMonthWeekday(
                rule.weeks(weekOfMonth(day)),
                rule.weekdays[weekdayOf(day)] ?? '',
              ),
              testId: 'repeat-month-weekday',
            },
          ]}
          onChange={(monthly) => set({ monthly })}
        />
      )}
      <div class="two">
        <Select
          label={editor.ends}
          value={form.ends}
          options={[
            { value: 'never', label: editor.endsNever },
            { value: 'count', label: editor.endsCount },
            { value: 'until', label: editor.endsUntil },
          ]}
          testId="repeat-ends"
          onChange={(value) => set({ ends: value as MeetingForm['ends'] })}
        />
        {form.ends === 'count' && (
          <TextField
            label={editor.count}
            value={form.count}
            error={errors.count ?? null}
            inputMode="numeric"
            testId="repeat-count"
            onInput={(count) => set({ count })}
          />
        )}
        {form.ends === 'until' && (
          <TextField
            label={editor.endsUntil}
            hint={editor.dateHint}
            value={form.until}
            error={errors.until ?? null}
            inputMode="numeric"
            testId="repeat-until"
            onInput={(until) => set({ until })}
          />
        )}
      </div>
      <div class="repeat-words" aria-live="polite">
        <p data-testid="repeat-words">{day && repeat ? sayRepeat(repeat, day) : '…'}</p>
        {next && (
          <p class="muted" data-testid="repeat-next">
            {editor.nextDays}: {next.days.map(sayDay).join(', ')}
            {next.more && `, ${editor.andMore}`}
          </p>
        )}
      </div>
    </div>
  );
}

function Days({ form, errors, set }: SectionProps) {
  const { editor, rule } = words.value;
  const toggle = (day: Weekday): void =>
    set({
      days: form.days.includes(day)
        ? form.days.filter((one) => one !== day)
        : [...form.days, day].sort(),
    });
  return (
    <fieldset class={`week-days${errors.days ? ' wrong days-wrong' : ''}`}>
      <legend>{editor.onDays}</legend>
      <div class="day-chips">
        {weekdays.map((day) => (
          <label key={day} class="day-chip">
            <input
              type="checkbox"
              checked={form.days.includes(day)}
              aria-label={rule.weekdays[day]}
              data-testid={`repeat-day-${day}`}
              onChange={() => toggle(day)}
            />
            <span aria-hidden="true">{rule.short[day]}</span>
          </label>
        ))}
      </div>
      {errors.days && (
        <p class="field-note" role="alert">
          {errors.days}
        </p>
      )}
    </fieldset>
  );
}
