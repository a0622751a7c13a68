import { readFileSync } from 'node:fs';

import { createApp } from '../../sample/08-metrics/src/create-app.js';
import { startSample } from '../../sample/support/start-sample.js';
import { closeAllApps } from '../support/apps/running-app.js';

const PAGE = readFileSync('docs/recipes/load-testing.md', 'utf8');

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
}

/** Names of metrics, in whatever text. */
const namesIn = (text: string): string[] => [...new Set(text.match(/\bws_\w+/g))].toSorted();

const blocksOf = (language: string): string =>
  [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'gm'))]
    .map(([, code = '']) => code)
    .join('\n');

/** Those of the sample, and those that the page adds for rooms. */
async function exportedNames(): Promise<string[]> {
  const sample = await startSample(createApp);
  const { body } = await sample.get('/metrics');
  const described = [...body.matchAll(/^# TYPE (\w+)/gm)].map(([, name = '']) => name);
  const ofRooms = [...blocksOf('ts').matchAll(/\['(ws_\w+)'/g)].map(([, name = '']) => name);
  return [...described, ...ofRooms].toSorted();
}

describe('the metrics of the page on load testing', () => {
  const { panels } = JSON.parse(readFileSync('docs/grafana-dashboard.json', 'utf8')) as Dashboard;
  const shown = namesIn(
    panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)).join('\n'),
  );

  afterEach(closeAllApps);

  it('are all on the dashboard, and no others', async () => {
    expect(shown).toEqual(await exportedNames());
  });

  it('are the only ones that alerts and autoscaler ask for', async () => {
    const asked = namesIn(blocksOf('yaml'));
    expect(asked.length).toBeGreaterThan(4);
    const exported = await exportedNames();
    expect(asked.filter((name) => !exported.includes(name))).toEqual([]);
  });

  it('have a panel each time with a title of its own', () => {
    const titles = panels.map(({ title }) => title);
    expect(titles.length).toBeGreaterThan(5);
    expect(new Set(titles).size).toBe(titles.length);
  });
});
