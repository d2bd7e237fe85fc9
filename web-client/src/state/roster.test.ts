import { describe, expect, it } from 'vitest';
import { person, snapshot } from '../../tests/fakes/values';
import { mayModerate, Roster } from './roster';

const mixed = (...csrcs: number[]) => ({
  mixed: csrcs.map((csrc) => ({ csrc, level: undefined })),
  voices: [],
});

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
    roster.setHeard(mixed(200, 999));
    expect([...roster.speaking.value]).toEqual(['p2']);
    const same = roster.heard.value;
    roster.setHeard(mixed(200));
    expect(roster.heard.value).toBe(same);
    roster.setSpoken(['p1']);
    expect([...roster.speaking.value].sort()).toEqual(['p1', 'p2']);
    roster.setHeard(mixed());
    expect([...roster.speaking.value]).toEqual(['p1']);
  });

  it('believes the sound before the server, but for those who are not in it', () => {
    const roster = new Roster();
    const hall = 'Hội trường A';
    roster.replace(
      snapshot({ participants: [person('p1', { hall }), person('p2'), person('p3', { hall })] }),
    );
    roster.setSpoken(['p1', 'p2', 'p3']);
    expect([...roster.speaking.value].sort()).toEqual(['p1', 'p2', 'p3']);
    roster.setHeard(mixed(200));
    roster.setHeard(mixed());
    // p2 would be in the mix if he spoke; oneself and the own hall never are.
    expect([...roster.speaking.value].sort()).toEqual(['p1', 'p3']);
  });

  it('takes a level that is told for what it is, and none for a voice', () => {
    const roster = new Roster();
    roster.replace(snapshot());
    roster.setHeard({ mixed: [{ csrc: 200, level: 0.0005 }], voices: [] });
    expect([...roster.speaking.value]).toEqual([]);
    roster.setHeard({ mixed: [{ csrc: 200, level: 0.1 }], voices: [] });
    expect([...roster.speaking.value]).toEqual(['p2']);
  });

  it('knows whose voice a voice slot plays', () => {
    const roster = new Roster();
    const voices = [
      { voice: 0, participant: 'p2', source: 'microphone' as const },
      { voice: 1, participant: 'p2', source: 'screen_audio' as const },
    ];
    roster.replace(snapshot({ voices }));
    roster.setHeard({ mixed: [], voices: [{ voice: 1, level: undefined }] });
    expect([...roster.speaking.value]).toEqual([]);
    roster.setHeard({ mixed: [], voices: [{ voice: 0, level: undefined }] });
    expect([...roster.speaking.value]).toEqual(['p2']);
  });

  it('names each hall once, however it was written', () => {
    const roster = new Roster();
    const at = (id: string, hall: string | null) => person(id, { hall });
    roster.replace(
      snapshot({
        participants: [
          at('p1', 'Hội trường A'),
          at('p2', 'hội trường a'),
          at('p3', null),
          at('p4', 'Phòng 10'),
          at('p5', 'Phòng 9'),
        ],
      }),
    );
    expect(roster.halls.value).toEqual(['Hội trường A', 'Phòng 9', 'Phòng 10']);
    expect(roster.sharesHall('p2')).toBe(true);
    expect(roster.sharesHall('p1')).toBe(false);
    expect(roster.sharesHall('p3')).toBe(false);
  });

  it('forgets a verdict that is mended, and of one who left', () => {
    const roster = new Roster();
    roster.replace(snapshot());
    roster.setVerdict('p1', 'loud');
    roster.setVerdict('p2', 'quiet');
    roster.setVerdict('p1', 'ok');
    expect([...roster.verdicts.value]).toEqual([['p2', 'quiet']]);
    roster.remove('p2');
    expect(roster.verdicts.value.size).toBe(0);
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
