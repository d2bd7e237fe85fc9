import { describe, expect, it } from 'vitest';
import { readCode, readRoute } from './router';

describe('router', () => {
  it.each([
    ['/', 'home'],
    ['/admin', 'meetings'],
    ['/meetings', 'meetings'],
    ['/meetings/calendar', 'meetings'],
    ['/meetings/new', 'editor'],
    ['/meetings/12', 'meeting'],
    ['/meetings/12/edit', 'editor'],
    ['/meetings/12/edit/2026-11-23T01:00:00Z', 'editor'],
    ['/meetings/12/edit/else', 'not-found'],
    ['/meetings/1e3', 'not-found'],
    ['/meetings/else', 'not-found'],
    ['/constructor', 'not-found'],
    ['/groups', 'groups'],
    ['/i/', 'invitation'],
    ['/ops/', 'ops'],
    ['/m/kgs-mtpa-wde', 'room'],
    ['/m/', 'not-found'],
    ['/m/%E0%A4%A', 'not-found'],
    ['/m/a/b', 'not-found'],
    ['/else', 'not-found'],
  ])('%s is %s', (path, page) => expect(readRoute(path).page).toBe(page));

  it.each([
    ['kgs-mtpa-wde', 'kgs-mtpa-wde'],
    [' KGS-MTPA-WDE ', 'kgs-mtpa-wde'],
    ['kgsmtpawde', 'kgs-mtpa-wde'],
    ['https://hop.tinh.gov.vn/m/kgs-mtpa-wde?x=1', 'kgs-mtpa-wde'],
    ['hop.tinh.gov.vn/m/kgs-mtpa-wde', 'kgs-mtpa-wde'],
    ['', null],
    ['../../etc', null],
    ['hai từ', null],
    ['a'.repeat(40), null],
  ])('the code of %j is %j', (text, code) => expect(readCode(text)).toBe(code));
});
