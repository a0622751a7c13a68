import { routesName, routesSubject } from '../subjects.mjs';
import { handshakes } from './handshakes.mjs';

const PLATFORMS = ['express', 'fastify'];

export const routes = {
  name: 'routes',
  title: 'Handshakes at the last of n routes (ratio: to one route)',
  subjects: ({ sizes }) =>
    PLATFORMS.flatMap((platform) =>
      sizes.routes.map((count) =>
        routesSubject(platform, 'ws', count, routesName(platform, 'ws', sizes.routes[0])),
      ),
    ),
  columns: handshakes.columns,
  once: handshakes.once,
};
