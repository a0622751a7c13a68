import { readFileSync } from 'node:fs';

import { behaviours } from '../../support/apps/gateways/behaviours.js';
import { crashes, rowOf } from '../../support/apps/gateways/table.js';

describe('the table of results in docs/gateways.md', () => {
  const page = readFileSync('docs/gateways.md', 'utf8');
  const section = page.split('## Compared with `WsAdapter`')[1]?.split('\n##')[0] ?? '';
  const rows = section
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))
    .map((line) => line.split('|').map((cell) => cell.trim()));

  it('has a row for each behaviour that is compared, and no other', () => {
    const shown = rows.slice(1).map(([, name, stock]) => [name, stock]);
    expect(shown).toEqual([...behaviours.map(rowOf), ...crashes]);
  });

  it('claims of RevaliWsAdapter what the tests show', () => {
    expect(new Set(rows.slice(1).map(([, , , ours]) => ours))).toEqual(new Set(['yes']));
  });
});
