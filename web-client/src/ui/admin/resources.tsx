// Rooms, halls and equipment that meetings take up.

import { useEffect, useState } from 'preact/hooks';
import { fold, tidy } from '../../i18n/format';
import { errorCode } from '../../protocol/errors';
import { type Resource, type ResourceDraft, resourceKinds } from '../../protocol/meetings';
import { meetingsApi } from '../../session/meetings-api';
import { noteSignedOut } from '../../state/account';
import { errorText, t } from '../../state/i18n';
import { later } from '../../state/pending';
import { loadUnits, unitPath, units, unitTree } from '../../state/people';
import { toast } from '../../state/toasts';
import { words } from '../../state/words';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { Select, TextField } from '../parts/field';
import { Icon, type IconName } from '../parts/icons';
import { useLoaded } from '../parts/load';
import { Menu } from '../parts/menu';
import { DirectoryNav } from './directory-nav';
import { FeedLink } from './feed';
import { SignedIn } from './sign-in';
import '../styles/admin.css';
import '../styles/people.css';
import '../styles/schedule.css';

const icons: Record<Resource['kind'], IconName> = {
  room: 'video',
  hall: 'hall',
  equipment: 'screen',
};

export function Resources() {
  return (
    <SignedIn at="people">
      <List />
    </SignedIn>
  );
}

type Open = { what: 'edit'; of: Resource | null } | { what: 'feed'; of: Resource };

function List() {
  const { resources: text } = words.value;
  const [open, setOpen] = useState<Open | null>(null);
  const [search, setSearch] = useState('');
  const [gone, setGone] = useState<ReadonlySet<number>>(new Set());
  const list = useLoaded(() => meetingsApi.resources(), []);
  useEffect(() => void loadUnits(), []);
  const hide = (id: number, on: boolean): void =>
    setGone((now) => new Set(on ? [...now, id] : [...now].filter((one) => one !== id)));
  const remove = (of: Resource): void =>
    later({
      text: text.removing(of.name),
      undo: words.value.meeting.undo,
      undoneText: words.value.meeting.undone,
      hide: () => hide(of.id, true),
      show: () => hide(of.id, false),
      run: (options) => meetingsApi.removeResource(of.id, options),
      done: list.again,
    });
  const wanted = fold(search.trim());
  const shown = (list.value ?? []).filter(
    (one) => !gone.has(one.id) && fold(`${one.name} ${one.place}`).includes(wanted),
  );
  return (
    <div class="admin">
      <header class="page-head">
        <DirectoryNav at="resources" />
        <Button
          kind="primary"
          icon="plus"
          testId="resource-add"
          onClick={() => setOpen({ what: 'edit', of: null })}
        >
          {text.add}
        </Button>
      </header>
      <h1 class="sr-only">{text.title}</h1>
      {list.error && (
        <p class="problem" role="alert">
          {errorText(list.error)}
        </p>
      )}
      {list.value === null && !list.error && (
        <span class="spinner large" role="status" aria-label={t.value.common.loading} />
      )}
      {list.value?.length === 0 && (
        <div class="empty card">
          <Icon name="hall" size={40} />
          <h2>{text.empty}</h2>
          <p>{text.emptyHint}</p>
        </div>
      )}
      {(list.value?.length ?? 0) > 6 && (
        <TextField
          label={text.search}
          type="search"
          value={search}
          testId="resource-search"
          onInput={setSearch}
        />
      )}
      <ul class="tiles-list" aria-label={text.title}>
        {shown.map((one) => (
          <li key={one.id} class="card tile-card" data-testid="resource-row" data-name={one.name}>
            <span class="kind-icon">
              <Icon name={icons[one.kind]} size={22} />
            </span>
            <div class="account-who">
              <strong>{one.name}</strong>
              <span class="muted">
                {[
                  text.kinds[one.kind],
                  one.seats > 0 ? words.value.editor.seats(one.seats) : '',
                  one.place,
                  unitPath(one.unit, units.value) || text.shared,
                ]
                  .filter(Boolean)
                  .join(' · ')}
              </span>
            </div>
            <Menu
              label={text.actions(one.name)}
              look="icon-button plain small"
              testId="resource-menu"
              entries={[
                {
                  label: text.edit,
                  icon: 'pencil',
                  testId: 'resource-edit',
                  run: () => setOpen({ what: 'edit', of: one }),
                },
                {
                  label: text.feed,
                  icon: 'calendar',
                  testId: 'resource-feed',
                  run: () => setOpen({ what: 'feed', of: one }),
                },
                null,
                {
                  label: text.remove,
                  icon: 'trash',
                  danger: true,
                  testId: 'resource-remove',
                  run: () => remove(one),
                },
              ]}
            >
              <Icon name="more" size={20} />
            </Menu>
          </li>
        ))}
      </ul>
      {open?.what === 'edit' && (
        <Form
          of={open.of}
          onClose={() => setOpen(null)}
          onSaved={() => {
            setOpen(null);
            list.again();
          }}
        />
      )}
      {open?.what === 'feed' && (
        <Dialog title={`${text.feed}: ${open.of.name}`} onClose={() => setOpen(null)}>
          <FeedLink
            read={() => meetingsApi.resourceFeed(open.of.id)}
            make={() => meetingsApi.makeResourceFeed(open.of.id)}
            end={() => meetingsApi.endResourceFeed(open.of.id)}
          />
        </Dialog>
      )}
    </div>
  );
}

interface Fields extends Omit<ResourceDraft, 'seats'> {
  seats: string;
}

function Form(props: { of: Resource | null; onClose: () => void; onSaved: () => void }) {
  const { of, onClose, onSaved } = props;
  const { resources: text } = words.value;
  const [form, setForm] = useState<Fields>({
    name: of?.name ?? '',
    kind: of?.kind ?? 'room',
    seats: of?.seats ? String(of.seats) : '',
    place: of?.place ?? '',
    unit: of?.unit ?? null,
  });
  const [errors, setErrors] = useState<{ name?: string; seats?: string }>({});
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const set = (part: Partial<Fields>): void => {
    setForm({ ...form, ...part });
    setErrors({});
  };
  const submit = async (): Promise<void> => {
    const seats = form.seats.trim() === '' ? 0 : Number(form.seats);
    const wrong = {
      ...(tidy(form.name) ? {} : { name: text.nameMissing }),
      ...(Number.isInteger(seats) && seats >= 0 && seats <= 100_000
        ? {}
        : { seats: text.seatsInvalid }),
    };
    if (Object.keys(wrong).length > 0) return setErrors(wrong);
    const draft: ResourceDraft = { ...form, name: tidy(form.name), place: tidy(form.place), seats };
    setBusy(true);
    setProblem(null);
    try {
      if (of) await meetingsApi.changeResource(of.id, of.version, draft);
      else await meetingsApi.addResource(draft);
      toast(text.saved, 'good');
      onSaved();
    } catch (error) {
      noteSignedOut(error);
      setProblem(errorText(errorCode(error)));
      setBusy(false);
    }
  };
  return (
    <Dialog title={of ? text.edit : text.add} onClose={onClose} testId="resource-dialog">
      <form
        class="meeting-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <TextField
          label={text.name}
          value={form.name}
          error={errors.name ?? null}
          maxLength={80}
          autoFocus
          testId="resource-name"
          onInput={(name) => set({ name })}
        />
        <div class="two">
          <Select
            label={text.kind}
            value={form.kind}
            options={resourceKinds.map((value) => ({ value, label: text.kinds[value] }))}
            testId="resource-kind"
            onChange={(value) => set({ kind: value as Resource['kind'] })}
          />
          <TextField
            label={text.seats}
            value={form.seats}
            error={errors.seats ?? null}
            inputMode="numeric"
            testId="resource-seats"
            onInput={(seats) => set({ seats })}
          />
        </div>
        <TextField
          label={text.place}
          value={form.place}
          maxLength={200}
          testId="resource-place"
          onInput={(place) => set({ place })}
        />
        <Select
          label={text.unit}
          value={form.unit === null ? '' : String(form.unit)}
          options={[
            { value: '', label: text.shared },
            ...unitTree(units.value).map(({ unit, depth }) => ({
              value: String(unit.id),
              label: `${'\u2003'.repeat(depth)}${unit.name}`,
            })),
          ]}
          testId="resource-unit"
          onChange={(value) => set({ unit: value ? Number(value) : null })}
        />
        {problem && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        <div class="form-actions">
          <Button kind="quiet" onClick={onClose}>
            {t.value.common.cancel}
          </Button>
          <Button type="submit" kind="primary" busy={busy} testId="resource-save">
            {t.value.common.save}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
