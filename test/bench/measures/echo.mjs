import { echoSubjects } from '../subjects.mjs';

const WINDOWS = [16, 1];

export const echo = {
  name: 'echo',
  title: 'Echo of {"message":"Hello World"}',
  base: 'ws-json',
  subjects: () => echoSubjects,
  columns: WINDOWS.flatMap((window) => [
    { key: `rate${window}`, title: `msg/s, ${window} in flight`, ratio: true },
    { key: `cpu${window}`, title: `server CPU ms per 100,000, ${window} in flight`, ratio: true },
    { key: `busy${window}`, title: 'server busy %', share: true },
    { key: `load${window}`, title: 'client busy %', share: true, limits: `busy${window}` },
  ]),

  once: (subject, context) =>
    context.with(subject, async (pair) => {
      await pair.client.ask({
        command: 'open',
        target: pair.target,
        count: context.sizes.connections,
      });
      const sample = {};
      for (const window of WINDOWS) {
        await pair.client.ask({ command: 'echo', wire: subject.wire, window });
        const observed = await context.observe(pair);
        for (const [key, value] of Object.entries(observed)) sample[`${key}${window}`] = value;
        await pair.client.ask({ command: 'hush' });
      }
      return sample;
    }),
};
