import { readFileSync } from 'node:fs';

import { behaviours } from '../../support/apps/gateways/behaviours.js';
import { crashes, labelOf, rowOf } from '../../support/apps/gateways/table.js';

describe('the comparison in docs/gateways.md', () => {
  const page = readFileSync('docs/gateways.md', 'utf8');
  const section = page.split('## Compared with `WsAdapter`')[1]?.split('\n##')[0] ?? '';
  const lines = section.split('\n');

  it('has a row for each behaviour that differs, and no other', () => {
    const rows = lines
      .filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))
      .map((line) => line.split('|').map((cell) => cell.trim()));
    const shown = rows.slice(1).map(([, name, stock]) => [name, stock]);
    expect(shown).toEqual([...behaviours.filter(({ stock }) => stock).map(rowOf), ...crashes]);
  });

  it('lists each behaviour of both adapters, and no other', () => {
    const shown = lines.filter((line) => line.startsWith('- ')).map((line) => line.slice(2));
    expect(shown).toEqual(behaviours.filter(({ stock }) => !stock).map(labelOf));
  });
});
