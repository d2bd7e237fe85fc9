import { describe, expect, it } from 'vitest';
import { person, snapshot } from '../../tests/fakes/values';
import { mayModerate, Roster } from './roster';

describe('Roster', () => {
  it('merges only what changed', () => {
    const roster = new Roster();
    roster.replace(snapshot());
    const change = roster.change({ id: 'p2', media: { camera: true }, line: 'down' });
    expect(change?.before.line).toBe('up');
    expect(roster.people.value.get('p2')).toMatchObject({
      name: 'Người p2',
      line: 'down',
      media: { microphone: true, camera: true, screen: false },
    });
    expect(roster.change({ id: 'p9', name: 'x' })).toBeNull();
    expect(roster.people.value.has('p9')).toBe(false);
  });

  it('knows who is heard from the sound itself', () => {
    const roster = new Roster();
    roster.replace(snapshot());
    roster.setHeard([200, 999]);
    expect([...roster.speaking.value]).toEqual(['p2']);
    const same = roster.heard.value;
    roster.setHeard([200]);
    expect(roster.heard.value).toBe(same);
    roster.setSpoken(['p1']);
    expect([...roster.speaking.value].sort()).toEqual(['p1', 'p2']);
    roster.setHeard([]);
    expect([...roster.speaking.value]).toEqual(['p1']);
  });

  it('empties the slots of one who leaves', () => {
    const roster = new Roster();
    const slot = { slot: 0, participant: 'p2', source: 'camera' as const, layer: 0 };
    roster.replace(snapshot({ slots: [slot] }));
    expect(roster.slotOf('p2', 'camera')).toEqual(slot);
    roster.remove('p2');
    expect(roster.slotOf('p2', 'camera')).toBeUndefined();
  });

  it('counts people, not connections, and orders hands by time', () => {
    const roster = new Roster();
    roster.replace(
      snapshot({
        participants: [
          person('p1', { hand: '2026-11-23T08:02:00.000Z' }),
          person('p2', { site: 40, hand: '2026-11-23T08:01:00.000Z' }),
        ],
      }),
    );
    expect(roster.headcount.value).toBe(41);
    expect(roster.hands.value.map(({ id }) => id)).toEqual(['p2', 'p1']);
  });

  it('gives a secretary no power over the chair, and nobody power over himself', () => {
    const chair = person('p1', { role: 'chair' });
    const secretary = person('p2', { role: 'secretary' });
    const guest = person('p3');
    expect(mayModerate(secretary, guest)).toBe(true);
    expect(mayModerate(secretary, chair)).toBe(false);
    expect(mayModerate(chair, secretary)).toBe(true);
    expect(mayModerate(guest, secretary)).toBe(false);
    expect(mayModerate(chair, chair)).toBe(false);
    expect(mayModerate(null, guest)).toBe(false);
  });
});
