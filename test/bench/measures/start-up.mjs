import { routesName, routesSubject } from '../subjects.mjs';

const PLATFORMS = ['express', 'fastify'];

/** WebSocket routes against the same number of `@Get` routes. */
export const startUp = {
  name: 'start-up',
  title: 'Start-up, from NestFactory.create to listening (ratio: to as many @Get routes)',
  subjects: ({ sizes }) =>
    PLATFORMS.flatMap((platform) =>
      [sizes.routes[0], sizes.routes.at(-1)].flatMap((count) => {
        const base = routesName(platform, 'http', count);
        return ['http', 'ws'].map((kind) => routesSubject(platform, kind, count, base));
      }),
    ),
  columns: [{ key: 'boot', title: 'ms', ratio: true, digits: 1 }],
  once: (subject, context) => context.with(subject, ({ bootMs }) => ({ boot: bootMs })),
};
