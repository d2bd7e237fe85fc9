import { describe, expect, it } from 'vitest';
import { HopError } from '../protocol/errors';
import type { Unit } from '../protocol/rest';
import { deviceName } from '../ui/admin/device-name';
import {
  accountForm,
  checkAccount,
  fieldError,
  passwordTable,
  toggleRole,
  unitPath,
  unitTree,
} from './people';

const unit = (id: number, name: string, parent: number | null): Unit => ({
  id,
  name,
  parent,
  users: 0,
});

describe('units', () => {
  const all = [unit(3, 'Văn phòng', 1), unit(1, 'Sở Y tế', null), unit(2, 'Đảng ủy', null)];
  it('stand below their parents, by name without diacritics', () => {
    expect(unitTree(all).map(({ unit: u, depth }) => `${depth}${u.name}`)).toEqual([
      '0Đảng ủy',
      '0Sở Y tế',
      '1Văn phòng',
    ]);
  });
  it('have a path, also when the tree is broken', () => {
    expect(unitPath(3, all)).toBe('Sở Y tế / Văn phòng');
    expect(unitPath(9, all)).toBe('');
    const loop = [unit(1, 'A', 2), unit(2, 'B', 1)];
    expect(unitPath(1, loop).length).toBeLessThan(200);
    expect(unitTree(loop)).toEqual([]);
  });
});

describe('the form of an account', () => {
  it('names what is wrong', () => {
    const form = { ...accountForm(null), username: 'nguyễn', name: '  ', email: 'an' };
    expect(Object.keys(checkAccount(form, true)).sort()).toEqual(['email', 'name', 'username']);
    expect(checkAccount({ ...form, username: 'an', name: 'An', email: '' }, true)).toEqual({});
  });
  it('shows the server’s complaint at its field', () => {
    const error = new HopError('request.invalid', 'x', undefined, 'email');
    expect(Object.keys(fieldError(error))).toEqual(['email']);
    expect(fieldError(new HopError('user.exists'))).toEqual({});
  });
  it('toggles roles', () => {
    expect(toggleRole(['official'], 'secretary')).toEqual(['official', 'secretary']);
    expect(toggleRole(['official', 'secretary'], 'official')).toEqual(['secretary']);
  });
});

describe('the table of first passwords', () => {
  it('disarms formulas and quotes what must be', () => {
    const line = {
      line: 2,
      username: 'an',
      name: '=1+1, "x"',
      unit: '',
      errors: [],
      password: 'p',
    };
    const text = passwordTable({ applied: true, right: 1, wrong: 0, lines: [line] });
    expect(text.startsWith('\ufeff')).toBe(true);
    expect(text.split('\r\n')[1]).toBe('"\'=1+1, ""x""",an,p');
  });
});

describe('where one is signed in', () => {
  it('is told by browser and system', () => {
    const agent = 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0';
    expect(deviceName(agent)).toBe('Firefox, Linux');
    expect(deviceName('Mozilla/5.0 (Windows NT 10.0) Chrome/156.0 Safari/537.36 Edg/156')).toBe(
      'Edge, Windows',
    );
    expect(deviceName('curl')).toBe('');
  });
});
