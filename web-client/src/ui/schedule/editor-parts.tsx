// The editor's sections of text, place and settings.

import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { allowances, lobbies } from '../../protocol/meetings';
import { has } from '../../state/account';
import type { FormErrors, MeetingForm } from '../../state/meeting-form';
import { unitPath, units, unitTree } from '../../state/people';
import { words } from '../../state/words';
import { Field, Radios, Select, Switch, TextField } from '../parts/field';
import { Link } from '../parts/page';
import type { Known } from './editor';

export interface SectionProps {
  form: MeetingForm;
  errors: FormErrors;
  set: (part: Partial<MeetingForm>) => void;
}

export function Section(props: { title: string; id: string; children: ComponentChildren }) {
  const id = useId();
  return (
    <section class="card editor-section" aria-labelledby={id} data-section={props.id}>
      <h2 id={id}>{props.title}</h2>
      {props.children}
    </section>
  );
}

export function What({ form, errors, set }: SectionProps) {
  const { editor } = words.value;
  return (
    <Section title={editor.sectionWhat} id="what">
      <TextField
        label={editor.title}
        value={form.title}
        error={errors.title ?? null}
        maxLength={200}
        testId="meeting-title"
        onInput={(title) => set({ title })}
      />
      <Field label={editor.description}>
        {({ id }) => (
          <textarea
            id={id}
            rows={4}
            maxLength={4000}
            value={form.description}
            data-testid="meeting-description"
            onInput={(event) => set({ description: event.currentTarget.value })}
          />
        )}
      </Field>
    </Section>
  );
}

export function Where(props: Omit<SectionProps, 'errors'> & { known: Known }) {
  const { form, set, known } = props;
  const { editor, resources: text } = words.value;
  const toggle = (id: number): void =>
    set({
      resources: form.resources.includes(id)
        ? form.resources.filter((one) => one !== id)
        : [...form.resources, id],
    });
  return (
    <Section title={editor.sectionWhere} id="where">
      <TextField
        label={editor.place}
        hint={editor.placeHint}
        value={form.place}
        maxLength={200}
        testId="meeting-place"
        onInput={(place) => set({ place })}
      />
      <fieldset class="checks">
        <legend>{editor.resources}</legend>
        {known.resources.length === 0 ? (
          <p class="muted">
            {editor.resourcesEmpty}{' '}
            {has('administrator', 'secretary') && <Link to="/resources">{text.add}</Link>}
          </p>
        ) : (
          <div class="resource-choices">
            {known.resources.map((one) => (
              <label key={one.id} class="check resource-choice">
                <input
                  type="checkbox"
                  checked={form.resources.includes(one.id)}
                  data-testid={`meeting-resource-${one.id}`}
                  onChange={() => toggle(one.id)}
                />
                <span>
                  {one.name}
                  <span class="field-note">
                    {[text.kinds[one.kind], one.seats > 0 ? editor.seats(one.seats) : '', one.place]
                      .filter(Boolean)
                      .join(' · ')}
                  </span>
                </span>
              </label>
            ))}
          </div>
        )}
      </fieldset>
      <Select
        label={editor.unit}
        value={form.unit === null ? '' : String(form.unit)}
        options={[
          { value: '', label: editor.noUnit },
          ...unitTree(units.value).map(({ unit, depth }) => ({
            value: String(unit.id),
            label: `${'\u2003'.repeat(depth)}${unit.name}`,
          })),
          // A unit that this person does not see any more stays.
          ...(form.unit !== null && !units.value.some((one) => one.id === form.unit)
            ? [{ value: String(form.unit), label: unitPath(form.unit, units.value) || '…' }]
            : []),
        ]}
        testId="meeting-unit"
        onChange={(value) => set({ unit: value ? Number(value) : null })}
      />
    </Section>
  );
}

export function Settings(props: Omit<SectionProps, 'errors'> & { hadPassword: boolean }) {
  const { form, set, hadPassword } = props;
  const { editor } = words.value;
  return (
    <Section title={editor.sectionSettings} id="settings">
      <div class="switches">
        <Switch
          label={editor.settingMuted}
          checked={form.muted}
          testId="setting-muted"
          onChange={(muted) => set({ muted })}
        />
        <Switch
          label={editor.settingCamera}
          checked={form.cameraOff}
          testId="setting-camera"
          onChange={(cameraOff) => set({ cameraOff })}
        />
        <Switch
          label={editor.settingRecording}
          checked={form.recording}
          testId="setting-recording"
          onChange={(recording) => set({ recording })}
        />
        <Switch
          label={editor.settingOpens}
          hint={editor.settingOpensHint}
          checked={form.opens}
          testId="setting-opens"
          onChange={(opens) => set({ opens })}
        />
      </div>
      <Radios
        legend={editor.settingLobby}
        value={form.lobby}
        options={lobbies.map((value) => ({
          value,
          label: editor.lobby[value],
          testId: `setting-lobby-${value}`,
        }))}
        onChange={(lobby) => set({ lobby })}
      />
      <div class="two">
        <Select
          label={editor.settingShare}
          value={form.share}
          options={allowances.map((value) => ({ value, label: editor.allowed[value] }))}
          testId="setting-share"
          onChange={(value) => set({ share: value === 'all' ? 'all' : 'moderators' })}
        />
        <Select
          label={editor.settingUnmute}
          value={form.unmute}
          options={allowances.map((value) => ({ value, label: editor.allowed[value] }))}
          testId="setting-unmute"
          onChange={(value) => set({ unmute: value === 'all' ? 'all' : 'moderators' })}
        />
      </div>
      <div class="two">
        <TextField
          label={editor.settingPassword}
          hint={hadPassword ? editor.settingPasswordKept : editor.settingPasswordHint}
          value={form.password}
          maxLength={64}
          testId="setting-password"
          onInput={(password) => set({ password, passwordOff: false })}
        />
        {hadPassword && (
          <label class="check password-off">
            <input
              type="checkbox"
              checked={form.passwordOff}
              data-testid="setting-password-off"
              onChange={(event) => set({ passwordOff: event.currentTarget.checked, password: '' })}
            />
            <span>{editor.settingPasswordOff}</span>
          </label>
        )}
      </div>
    </Section>
  );
}
