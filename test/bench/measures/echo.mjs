import { echoSubjects } from '../subjects.mjs';

/** @param windows How many messages are in flight, one after the other. */
export const echoOf = (windows) => ({
  base: 'ws-json',
  columns: windows.flatMap((window) => [
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
      for (const window of windows) {
        await pair.client.ask({ command: 'echo', wire: subject.wire, window });
        const observed = await context.observe(pair);
        for (const [key, value] of Object.entries(observed)) sample[`${key}${window}`] = value;
        await pair.client.ask({ command: 'hush' });
      }
      return sample;
    }),
});

export const echo = {
  ...echoOf([16, 1]),
  name: 'echo',
  title: 'Echo of {"message":"Hello World"}',
  subjects: () => echoSubjects,
};
