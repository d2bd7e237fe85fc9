// One time of a series: what may be different about it.

import { useState } from 'preact/hooks';
import { errorCode } from '../../protocol/errors';
import type { Meeting, OccurrenceDraft } from '../../protocol/meetings';
import { meetingsApi } from '../../session/meetings-api';
import { noteSignedOut } from '../../state/account';
import { errorText, t } from '../../state/i18n';
import {
  checkForm,
  draftOf,
  type FormErrors,
  formOf,
  type MeetingForm,
} from '../../state/meeting-form';
import { go } from '../../state/router';
import { toast } from '../../state/toasts';
import { words } from '../../state/words';
import { Button } from '../parts/button';
import { TextField } from '../parts/field';
import { useLoaded } from '../parts/load';
import { Link, Notice } from '../parts/page';
import { Section, What } from './editor-parts';
import { Times } from './editor-when';

export function OccurrenceEditor({ id, stamp }: { id: number; stamp: string }) {
  const { meeting: text, nav } = words.value;
  const loaded = useLoaded(async () => {
    const meeting = await meetingsApi.get(id);
    return { meeting, one: timeOf(meeting, stamp) };
  }, [id, stamp]);
  if (loaded.error || (loaded.value && !loaded.value.one))
    return (
      <Notice icon="warning" title={text.notFound} text={text.notFoundHint} testId="editor-error">
        <Link to="/meetings" class="button primary">
          {nav.label}
        </Link>
      </Notice>
    );
  if (!loaded.value?.one)
    return <span class="spinner large" role="status" aria-label={t.value.common.loading} />;
  return <Form meeting={loaded.value.meeting} of={loaded.value.one} stamp={stamp} />;
}

type Time = Pick<Meeting, 'title' | 'description' | 'place' | 'starts_at' | 'ends_at'>;

/** As it is now; null when it was cancelled. */
function timeOf(meeting: Meeting, stamp: string): Time | null {
  if (meeting.exdates.includes(stamp)) return null;
  const length = new Date(meeting.ends_at).getTime() - new Date(meeting.starts_at).getTime();
  const changed = meeting.changes.find((one) => one.occurrence === stamp);
  const end = new Date(new Date(stamp).getTime() + length);
  return {
    title: changed?.title ?? meeting.title,
    description: changed?.description ?? meeting.description,
    place: changed?.place ?? meeting.place,
    starts_at: changed?.starts_at ?? stamp,
    ends_at: changed?.ends_at ?? end.toISOString().replace(/\.\d{3}Z$/, 'Z'),
  };
}

function Form({ meeting, of, stamp }: { meeting: Meeting; of: Time; stamp: string }) {
  const { editor, meeting: text } = words.value;
  const [base] = useState<MeetingForm>(() =>
    formOf({
      ...meeting,
      ...of,
      all_day: false,
      rrule: null,
    }),
  );
  const [form, setForm] = useState(base);
  const [errors, setErrors] = useState<FormErrors>({});
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const set = (part: Partial<MeetingForm>): void => {
    setForm((now) => ({ ...now, ...part }));
    setErrors({});
  };
  const submit = async (): Promise<void> => {
    const wrong = checkForm(form);
    setErrors(wrong);
    const now = draftOf(form);
    const before = draftOf(base);
    if (Object.keys(wrong).length > 0 || !now || !before) return;
    const change: OccurrenceDraft = {};
    for (const key of ['title', 'description', 'place', 'starts_at', 'ends_at'] as const)
      if (now[key] !== before[key]) change[key] = now[key];
    setBusy(true);
    setProblem(null);
    try {
      if (Object.keys(change).length > 0)
        await meetingsApi.changeOccurrence(meeting.id, stamp, change);
      toast(editor.saved, 'good');
      go(`/meetings/${meeting.id}`, true);
    } catch (error) {
      noteSignedOut(error);
      setProblem(errorText(errorCode(error)));
      setBusy(false);
    }
  };
  return (
    <form
      class="admin editor one"
      noValidate
      data-testid="occurrence-editor"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <header class="page-head">
        <div>
          <h1>{text.editOne}</h1>
          <p class="muted">
            {editor.oneOf(meeting.title)}. {editor.oneHint}
          </p>
        </div>
      </header>
      <div class="editor-main">
        <What form={form} errors={errors} set={set} />
        <Section title={editor.sectionWhen} id="when">
          <Times form={form} errors={errors} set={set} />
          <TextField
            label={editor.place}
            value={form.place}
            maxLength={200}
            testId="meeting-place"
            onInput={(place) => set({ place })}
          />
        </Section>
      </div>
      <footer class="editor-actions">
        <p class={problem ? 'problem' : 'muted'} role={problem ? 'alert' : undefined}>
          {problem ?? ''}
        </p>
        <Link to={`/meetings/${meeting.id}`} class="button quiet">
          {t.value.common.cancel}
        </Link>
        <Button type="submit" kind="primary" busy={busy} testId="meeting-save">
          {meeting.status === 'draft' ? editor.save : editor.saveSent}
        </Button>
      </footer>
    </form>
  );
}
