// The agency's units: a tree that is added to, renamed and cut.

import { useState } from 'preact/hooks';
import { errorCode } from '../../protocol/errors';
import type { Unit } from '../../protocol/rest';
import { api } from '../../session/api';
import { errorText, t } from '../../state/i18n';
import { loadUnits, units, unitTree } from '../../state/people';
import { Button, IconButton } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { Select, TextField } from '../parts/field';

export function UnitsDialog({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const { people } = t.value;
  const [editing, setEditing] = useState<Unit | null>(null);
  const [name, setName] = useState('');
  const [parent, setParent] = useState<number | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const tree = unitTree(units.value);
  const edit = (unit: Unit | null): void => {
    setEditing(unit);
    setName(unit?.name ?? '');
    setParent(unit?.parent ?? null);
    setProblem(null);
  };
  const run = async (work: () => Promise<unknown>): Promise<void> => {
    setBusy(true);
    try {
      await work();
      edit(null);
      await loadUnits();
    } catch (error) {
      setProblem(errorText(errorCode(error)));
    }
    setBusy(false);
  };
  return (
    <Dialog
      title={people.units}
      onClose={() => {
        onClose();
        onDone();
      }}
      testId="units-dialog"
    >
      {tree.length === 0 && <p class="muted">{people.unitsEmpty}</p>}
      <ul class="unit-tree">
        {tree.map(({ unit, depth }) => (
          <li key={unit.id} style={{ paddingInlineStart: `${depth * 22}px` }}>
            <span class="unit-name">{unit.name}</span>
            <span class="count" title={people.members(unit.users)}>
              {unit.users}
            </span>
            <IconButton
              icon="pencil"
              size="small"
              tip="none"
              label={people.editUnit(unit.name)}
              onClick={() => edit(unit)}
            />
            <IconButton
              icon="close"
              size="small"
              tip="none"
              tone="danger"
              label={people.removeUnit(unit.name)}
              onClick={() => void run(() => api.removeUnit(unit.id))}
            />
          </li>
        ))}
      </ul>
      <form
        class="unit-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim())
            void run(() =>
              editing ? api.changeUnit(editing.id, name, parent) : api.addUnit(name, parent),
            );
        }}
      >
        <TextField
          label={editing ? people.editUnit(editing.name) : people.newUnit}
          value={name}
          maxLength={120}
          testId="unit-name"
          onInput={setName}
        />
        <Select
          label={people.below}
          value={parent === null ? '' : String(parent)}
          options={[
            { value: '', label: people.top },
            ...tree
              .filter(({ unit }) => unit.id !== editing?.id)
              .map(({ unit, depth }) => ({
                value: String(unit.id),
                label: `${'\u2003'.repeat(depth)}${unit.name}`,
              })),
          ]}
          testId="unit-parent"
          onChange={(value) => setParent(value ? Number(value) : null)}
        />
        {problem && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        <div class="form-actions">
          {editing && (
            <Button kind="quiet" onClick={() => edit(null)}>
              {t.value.common.cancel}
            </Button>
          )}
          <Button
            type="submit"
            kind="primary"
            busy={busy}
            disabled={!name.trim()}
            testId="unit-save"
          >
            {editing ? t.value.common.save : people.addUnit}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
