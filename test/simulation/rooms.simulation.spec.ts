import { Logger } from '@nestjs/common';
import { messageOf } from '../../lib/log/error.text.js';
import { Simulation, type SimulationSize } from './simulation.js';

const SMALL: SimulationSize = { nodes: 3, rooms: 2, clients: 24 };
const MIDDLE: SimulationSize = { nodes: 12, rooms: 4, clients: 80 };
const LARGE: SimulationSize = { nodes: 100, rooms: 12, clients: 400 };

const given = (name: string): number | undefined => {
  const value = Number(process.env[name]);
  return Number.isInteger(value) && value > 0 ? value : undefined;
};

/** `SIMULATION_SEED=7` runs one alone; `SIMULATION_SEEDS=500` more; `SIMULATION_STEPS=10000` longer. */
const only = given('SIMULATION_SEED');
const seedsOf = (count: number): number[] =>
  only === undefined
    ? Array.from({ length: given('SIMULATION_SEEDS') ?? count }, (_, index) => index + 1)
    : [only];

/** @throws Error with the first thing that is not as promised. */
async function simulate(seed: number, size: SimulationSize, steps: number): Promise<string> {
  const simulation = new Simulation(seed, size);
  const restore = simulation.clock.install();
  const check = (when: string): void => {
    const [first, second = ''] = simulation.problems;
    if (first !== undefined)
      throw new Error(`SIMULATION_SEED=${seed}, ${size.nodes} nodes, ${when}: ${first}\n${second}`);
  };
  try {
    for (let step = 1; step <= steps; step += 1) {
      await simulation.step();
      check(`step ${step}`);
    }
    await simulation.rest();
    check('at rest');
    await simulation.probe();
    check('probed');
    await simulation.leaveAll();
    check('when all have gone');
  } finally {
    restore();
  }
  return simulation.fingerprint;
}

describe('Rooms of a cluster', () => {
  beforeAll(() => {
    Logger.overrideLogger(false);
  });
  afterAll(() => {
    Logger.overrideLogger(['log', 'warn', 'error']);
  });

  it.each([
    ['3 nodes', SMALL, seedsOf(30), 600],
    ['12 nodes', MIDDLE, seedsOf(4), 1_500],
    ['100 nodes', LARGE, seedsOf(2), 1_500],
  ] as const)(
    'keep what they promise, of %s, whatever breaks',
    async (_name, size, seeds, steps) => {
      const failures: unknown[] = [];
      for (const seed of seeds)
        await simulate(seed, size, given('SIMULATION_STEPS') ?? steps).catch((error: unknown) =>
          failures.push(messageOf(error)),
        );
      expect(failures).toEqual([]);
    },
    600_000,
  );

  it('are simulated alike for the same seed', async () => {
    const seed = only ?? 1;
    expect(await simulate(seed, SMALL, 300)).toBe(await simulate(seed, SMALL, 300));
  });
});
