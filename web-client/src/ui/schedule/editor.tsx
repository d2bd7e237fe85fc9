// The meeting editor: one page, kept in this browser while it is written, saved against the version
// that was read, and merged when somebody else was faster.

import { useEffect, useRef, useState } from 'preact/hooks';
import { formatDateTime } from '../../i18n/format';
import { ownZone } from '../../i18n/zones';
import { type ErrorCode, errorCode } from '../../protocol/errors';
import {
  type Group,
  type Meeting,
  type MeetingDraft,
  meeting as meetingShape,
  type Resource,
} from '../../protocol/meetings';
import { Changed } from '../../session/http';
import { meetingsApi } from '../../session/meetings-api';
import { me, noteSignedOut, user } from '../../state/account';
import { errorText, t } from '../../state/i18n';
import {
  checkForm,
  draftKey,
  draftOf,
  dropDraft,
  type FormErrors,
  formOf,
  keepDraft,
  keptDraft,
  type MeetingForm,
  newForm,
  userRow,
} from '../../state/meeting-form';
import { merged } from '../../state/merge';
import { loadUnits, unitPath, units } from '../../state/people';
import { go, route } from '../../state/router';
import { toast } from '../../state/toasts';
import { words } from '../../state/words';
import { SignedIn } from '../admin/sign-in';
import { Button } from '../parts/button';
import { Icon } from '../parts/icons';
import { Link, Notice } from '../parts/page';
import { Aside } from './editor-aside';
import { OccurrenceEditor } from './editor-occurrence';
import { Settings, What, Where } from './editor-parts';
import { When } from './editor-when';
import { Who } from './editor-who';
import { MergeDialog } from './merge-dialog';
import '../styles/admin.css';
import '../styles/people.css';
import '../styles/schedule.css';
import '../styles/editor.css';

export function EditorPage() {
  const now = route.value;
  if (now.page !== 'editor') return null;
  return (
    <SignedIn at="meetings">
      {now.occurrence && now.id !== 'new' ? (
        <OccurrenceEditor id={now.id} stamp={now.occurrence} />
      ) : (
        <Loading id={now.id} />
      )}
    </SignedIn>
  );
}

export interface Known {
  resources: readonly Resource[];
  groups: readonly Group[];
}

interface Start {
  form: MeetingForm;
  /** What the form began as. */
  base: MeetingForm;
  version: number;
  meeting: Meeting | null;
  keptAt: number | null;
}

async function firstForm(): Promise<MeetingForm> {
  const asked = new URLSearchParams(location.search);
  const ms = (key: string): number | undefined => {
    const at = Date.parse(asked.get(key) ?? '');
    return Number.isNaN(at) ? undefined : at;
  };
  const form = newForm(ownZone(), Date.now(), ms('start'), ms('end'));
  const resource = Number(asked.get('resource'));
  if (Number.isInteger(resource) && resource > 0) form.resources = [resource];
  const own = await me();
  await loadUnits();
  form.unit = own.unit;
  form.invitees = [
    userRow(own.id, own.name, own.title, unitPath(own.unit, units.value), 'secretary'),
  ];
  return form;
}

async function begin(id: number | 'new'): Promise<Start> {
  const key = draftKey(user.value?.username ?? '', id);
  const kept = keptDraft(key);
  if (id === 'new') {
    const form = await firstForm();
    const usable = kept && !location.search ? kept : null;
    const start = { base: form, version: 0, meeting: null };
    return { ...start, form: usable?.form ?? form, keptAt: usable?.at ?? null };
  }
  const [meeting] = await Promise.all([meetingsApi.get(id), loadUnits()]);
  const form = formOf(meeting);
  if (!kept) return { form, base: form, version: meeting.version, meeting, keptAt: null };
  // What it was written against may have changed meanwhile: then saving leads to the merge.
  return { form: kept.form, base: kept.base, version: kept.version, meeting, keptAt: kept.at };
}

function Loading({ id }: { id: number | 'new' }) {
  const { meeting: text } = words.value;
  const [start, setStart] = useState<Start | null>(null);
  const [known, setKnown] = useState<Known>({ resources: [], groups: [] });
  const [error, setError] = useState<ErrorCode | null>(null);
  useEffect(() => {
    begin(id).then(setStart, (caught: unknown) => {
      noteSignedOut(caught);
      setError(errorCode(caught));
    });
    const list = <T,>(ask: Promise<T[]>): Promise<T[]> => ask.catch(() => []);
    void Promise.all([list(meetingsApi.resources()), list(meetingsApi.groups())]).then(
      ([resources, groups]) => setKnown({ resources, groups }),
    );
  }, [id]);
  if (error)
    return (
      <Notice
        icon="warning"
        title={error === 'meeting.not_found' ? text.notFound : errorText(error)}
        {...(error === 'meeting.not_found' ? { text: text.notFoundHint } : {})}
        testId="editor-error"
      >
        <Link to="/meetings" class="button primary">
          {words.value.nav.label}
        </Link>
      </Notice>
    );
  if (!start)
    return <span class="spinner large" role="status" aria-label={t.value.common.loading} />;
  return <Editor key={id} id={id} start={start} known={known} />;
}

/** Only what is different, so that nobody is told of changes that are none. */
function changesOf(base: MeetingDraft, now: MeetingDraft): Partial<MeetingDraft> {
  const out: Partial<MeetingDraft> = {};
  const put = <K extends keyof MeetingDraft>(key: K): void => {
    if (JSON.stringify(base[key]) !== JSON.stringify(now[key])) out[key] = now[key];
  };
  for (const key of Object.keys(now) as (keyof MeetingDraft)[]) put(key);
  // A time is one thing.
  if (out.starts_at || out.ends_at || out.time_zone)
    Object.assign(out, {
      starts_at: now.starts_at,
      ends_at: now.ends_at,
      time_zone: now.time_zone,
    });
  return out;
}

interface Clash {
  current: Meeting;
  mine: MeetingDraft;
  send: boolean;
}

function Editor({ id, start, known }: { id: number | 'new'; start: Start; known: Known }) {
  const { editor, meeting: text } = words.value;
  const [form, setForm] = useState(start.form);
  const [base, setBase] = useState(start.base);
  const [version, setVersion] = useState(start.version);
  const [meeting, setMeeting] = useState(start.meeting);
  const [errors, setErrors] = useState<FormErrors>({});
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [clash, setClash] = useState<Clash | null>(null);
  const [restored, setRestored] = useState(start.keptAt);
  const page = useRef<HTMLFormElement>(null);
  const key = draftKey(user.value?.username ?? '', id);
  const saved = useRef(false);
  const isNew = meeting === null;
  const isDraft = isNew || meeting.status === 'draft';
  const isTemplate = meeting?.template ?? false;
  const dirty = JSON.stringify(form) !== JSON.stringify(base);

  useKept(key, form, base, version, dirty, saved);

  const set = (part: Partial<MeetingForm>): void => {
    setForm((now) => ({ ...now, ...part }));
    setErrors((now) => {
      const rest = { ...now };
      for (const name of Object.keys(part)) delete rest[name as keyof MeetingForm];
      return Object.keys(now).length > 0 && 'invitees' in part ? withoutRows(rest) : rest;
    });
    setProblem(null);
  };

  const done = (now: Meeting, send: boolean): void => {
    saved.current = true;
    dropDraft(key);
    toast(send ? editor.sentNow : isDraft ? editor.draftSaved : editor.saved, 'good');
    go(`/meetings/${now.id}`, true);
  };

  const store = async (
    draft: MeetingDraft,
    on: Meeting | null,
    from: MeetingDraft,
    at: number,
    send: boolean,
  ) => {
    if (!on) return done(await meetingsApi.create(draft, send), send);
    const changes = changesOf(from, draft);
    let now = on;
    if (Object.keys(changes).length > 0 || at !== on.version)
      now = await meetingsApi.change(on.id, at, changes);
    setVersion(now.version);
    if (send) now = await meetingsApi.send(on.id);
    done(now, send || !isDraft);
  };

  const guard = async (work: () => Promise<void>, mine: MeetingDraft, send: boolean) => {
    setBusy(true);
    setProblem(null);
    try {
      await work();
    } catch (error) {
      noteSignedOut(error);
      if (error instanceof Changed && meeting) {
        try {
          const current = error.current
            ? meetingShape(error.current)
            : await meetingsApi.get(meeting.id);
          setClash({ current, mine, send });
        } catch (again) {
          setProblem(errorText(errorCode(again)));
        }
      } else setProblem(errorText(errorCode(error)));
    }
    setBusy(false);
  };

  const submit = (send: boolean): void => {
    const wrong = checkForm(form);
    setErrors(wrong);
    const n = Object.keys(wrong).length;
    if (n > 0) {
      setProblem(editor.checkFields(n));
      requestAnimationFrame(() =>
        page.current?.querySelector<HTMLElement>('[aria-invalid=true], .days-wrong input')?.focus(),
      );
      return;
    }
    const draft = draftOf(form, isTemplate);
    const from = draftOf(base, isTemplate);
    if (!draft || !from) return;
    void guard(() => store(draft, meeting, from, version, send), draft, send);
  };

  const drop = (): void => {
    dropDraft(key);
    const fresh = meeting ? formOf(meeting) : start.base;
    setForm(fresh);
    setBase(fresh);
    setVersion(meeting?.version ?? 0);
    setErrors({});
    setRestored(null);
    toast(editor.dropped);
  };

  return (
    <form
      ref={page}
      class="admin editor"
      noValidate
      data-testid="meeting-editor"
      onSubmit={(event) => {
        event.preventDefault();
        submit(false);
      }}
    >
      <header class="page-head">
        <h1>
          {isNew ? text.new : text.edit}
          {isTemplate && <span class="status">{text.template}</span>}
        </h1>
      </header>
      {restored !== null && (
        <div class="hint-box kept" role="status" data-testid="draft-restored">
          <Icon name="clock" size={20} />
          <p>{editor.kept(formatDateTime(new Date(restored).toISOString()))}</p>
          <button type="button" class="link" data-testid="draft-drop" onClick={drop}>
            {editor.keptDrop}
          </button>
        </div>
      )}
      <div class="editor-grid">
        <div class="editor-main">
          <What form={form} errors={errors} set={set} />
          <When form={form} errors={errors} set={set} />
          <Who form={form} errors={errors} set={set} known={known} meeting={meeting} />
          <Where form={form} set={set} known={known} />
          <Settings form={form} set={set} hadPassword={meeting?.settings.password ?? false} />
        </div>
        <Aside form={form} known={known} except={meeting?.id ?? null} />
      </div>
      <footer class="editor-actions">
        {problem ? (
          <p class="problem" role="alert" data-testid="editor-problem">
            {problem}
          </p>
        ) : (
          <p class="muted">{dirty ? editor.leaveSafe : ''}</p>
        )}
        <Link
          to={meeting ? `/meetings/${meeting.id}` : '/meetings'}
          class="button quiet"
          testId="editor-cancel"
        >
          {t.value.common.cancel}
        </Link>
        {isDraft || isTemplate ? (
          <>
            <Button
              type="submit"
              busy={busy}
              kind={isTemplate ? 'primary' : 'plain'}
              testId="meeting-save-draft"
            >
              {isTemplate ? editor.saveTemplate : editor.saveDraft}
            </Button>
            {!isTemplate && (
              <Button
                kind="primary"
                icon="send"
                busy={busy}
                testId="meeting-save"
                onClick={() => submit(true)}
              >
                {editor.sendNow}
              </Button>
            )}
          </>
        ) : (
          <Button type="submit" kind="primary" busy={busy} testId="meeting-save">
            {editor.saveSent}
          </Button>
        )}
      </footer>
      {clash && meeting && (
        <Clashing
          clash={clash}
          base={base}
          template={isTemplate}
          known={known}
          onClose={() => setClash(null)}
          onSave={(both, current) => {
            // From here on the other one's version is what this one is written against.
            const theirs = formOf(current);
            const from = draftOf(theirs, isTemplate);
            setClash(null);
            setMeeting(current);
            setVersion(current.version);
            setBase(theirs);
            if (from)
              void guard(
                () => store(both, current, from, current.version, clash.send),
                both,
                clash.send,
              );
          }}
        />
      )}
    </form>
  );
}

function Clashing(props: {
  clash: Clash;
  base: MeetingForm;
  template: boolean;
  known: Known;
  onClose: () => void;
  onSave: (both: MeetingDraft, current: Meeting) => void;
}) {
  const { clash, known } = props;
  const base = draftOf(props.base, props.template);
  const theirs = draftOf(formOf(clash.current), props.template);
  if (!base || !theirs) return null;
  return (
    <MergeDialog
      base={base}
      mine={clash.mine}
      theirs={theirs}
      known={known}
      invitees={clash.current.invitees}
      onClose={props.onClose}
      onSave={(choice) => props.onSave(merged(base, clash.mine, theirs, choice), clash.current)}
    />
  );
}

const withoutRows = (errors: FormErrors): FormErrors =>
  Object.fromEntries(Object.entries(errors).filter(([name]) => !name.includes('.')));

const keepAfterMs = 300;

/** What is typed is kept a moment later, and at once when the page goes. */
function useKept(
  key: string,
  form: MeetingForm,
  base: MeetingForm,
  version: number,
  dirty: boolean,
  saved: { current: boolean },
): void {
  const latest = useRef({ form, base, version, dirty });
  latest.current = { form, base, version, dirty };
  useEffect(() => {
    const keep = (): void => {
      const now = latest.current;
      if (saved.current) return;
      if (now.dirty) keepDraft(key, now.form, now.base, now.version);
      else dropDraft(key);
    };
    const timer = setTimeout(keep, keepAfterMs);
    addEventListener('pagehide', keep);
    return () => {
      clearTimeout(timer);
      removeEventListener('pagehide', keep);
      keep();
    };
  }, [form]);
}
