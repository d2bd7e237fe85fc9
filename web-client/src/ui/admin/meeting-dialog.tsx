// Creating and changing a meeting.

import { useState } from 'preact/hooks';
import { ownZone, timeZoneChoices } from '../../i18n/zones';
import { errorCode } from '../../protocol/errors';
import type { Meeting } from '../../protocol/rest';
import { errorText, t } from '../../state/i18n';
import {
  endsNextDay,
  type FormErrors,
  formOf,
  type MeetingForm,
  readForm,
  saveMeeting,
} from '../../state/meetings';
import { toast } from '../../state/toasts';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { Field, Select, TextField } from '../parts/field';

export function MeetingDialog({
  meeting,
  onClose,
}: {
  meeting: Meeting | null;
  onClose: () => void;
}) {
  const { admin, common } = t.value;
  const [form, setForm] = useState(() => formOf(meeting, ownZone(), Date.now()));
  const [errors, setErrors] = useState<FormErrors>({});
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const set = (part: Partial<MeetingForm>): void => {
    setForm((now) => ({ ...now, ...part }));
    setErrors({});
  };
  const submit = async (): Promise<void> => {
    const read = readForm(form);
    if (!read.draft) return setErrors(read.errors);
    setBusy(true);
    setProblem(null);
    try {
      await saveMeeting(read.draft, meeting?.id ?? null);
      toast(meeting ? admin.changed : admin.created, 'good');
      onClose();
    } catch (error) {
      setProblem(errorText(errorCode(error)));
      setBusy(false);
    }
  };
  return (
    <Dialog title={meeting ? admin.edit : admin.create} onClose={onClose} testId="meeting-dialog">
      <form
        class="meeting-form"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <TextField
          label={admin.name}
          value={form.title}
          error={errors.title ?? null}
          maxLength={200}
          testId="meeting-title"
          autoFocus
          onInput={(title) => set({ title })}
        />
        <Times form={form} errors={errors} set={set} />
        <Select
          label={admin.timeZone}
          value={form.timeZone}
          options={timeZoneChoices(meeting?.time_zone ?? ownZone()).map((zone) => ({
            value: zone,
            label: zone.replace(/_/g, ' '),
          }))}
          testId="meeting-zone"
          onChange={(timeZone) => set({ timeZone })}
        />
        <Field label={admin.description}>
          {({ id }) => (
            <textarea
              id={id}
              rows={3}
              maxLength={4000}
              value={form.description}
              data-testid="meeting-description"
              onInput={(event) => set({ description: event.currentTarget.value })}
            />
          )}
        </Field>
        {problem && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        <div class="form-actions">
          <Button kind="quiet" onClick={onClose}>
            {common.cancel}
          </Button>
          <Button type="submit" kind="primary" busy={busy} testId="meeting-save">
            {meeting ? common.save : admin.create}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Times(props: {
  form: MeetingForm;
  errors: FormErrors;
  set: (part: Partial<MeetingForm>) => void;
}) {
  const { form, errors, set } = props;
  const { admin } = t.value;
  return (
    <div class="times">
      <TextField
        label={admin.date}
        hint={admin.dateHint}
        value={form.date}
        error={errors.date ?? null}
        inputMode="numeric"
        testId="meeting-date"
        onInput={(date) => set({ date })}
      />
      <TextField
        label={admin.start}
        value={form.start}
        error={errors.start ?? null}
        inputMode="numeric"
        testId="meeting-start"
        onInput={(start) => set({ start })}
      />
      <TextField
        label={admin.end}
        {...(endsNextDay(form) ? { hint: admin.nextDay } : {})}
        value={form.end}
        error={errors.end ?? null}
        inputMode="numeric"
        testId="meeting-end"
        onInput={(end) => set({ end })}
      />
    </div>
  );
}
