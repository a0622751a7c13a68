import { inspect } from 'node:util';

import { createMarks } from '../../../lib/values/marks.js';

describe('request marks', () => {
  it('remember what was set last', () => {
    const marks = createMarks<string>();
    const request = {};
    expect(marks.get(request)).toBeUndefined();
    marks.set(request, 'pending');
    marks.set(request, 'over');
    expect(marks.get(request)).toBe('over');
    expect(marks.get({})).toBeUndefined();
  });

  it('are those of one application: another one on the same request sees nothing', () => {
    const own = createMarks<string>();
    const others = createMarks<string>();
    const request = {};
    own.set(request, 'mine');
    expect(others.get(request)).toBeUndefined();
    others.set(request, 'theirs');
    expect(own.get(request)).toBe('mine');
  });

  it('cannot be seen, listed or copied', () => {
    const marks = createMarks<string>();
    const request = { url: '/' };
    marks.set(request, 'secret');
    expect(Reflect.ownKeys(request)).toEqual(['url']);
    expect(inspect(request, { showHidden: true })).toBe("{ url: '/' }");
    expect(marks.get({ ...request })).toBeUndefined();
    const heir = { __proto__: request };
    expect(marks.get(heir)).toBeUndefined();
  });
});
