import { ServerResponse, type IncomingMessage } from 'node:http';
import session, { MemoryStore } from 'express-session';

/** The bench signs with the same. */
const SECRET = 'secret';
const USER = 'ann';

const store = new MemoryStore();
// What a session holds is up to the application, and declared for all at once.
Reflect.apply(store.set, store, [USER, { cookie: new session.Cookie(), user: USER }]);

/** Middleware that looks the session up which the clients of a storm share. */
export const findSession = session({
  secret: SECRET,
  name: 'sid',
  store,
  resave: false,
  saveUninitialized: false,
});

/** The same where no framework calls it. */
export function withSession(request: IncomingMessage, next: () => void): void {
  Reflect.apply(findSession, undefined, [request, new ServerResponse(request), next]);
}

/** @param request Of Node, or Fastify's around it. */
export function hasSession(request: object): boolean {
  const found: unknown = Reflect.get(Reflect.get(request, 'raw') ?? request, 'session');
  return typeof found === 'object' && found !== null && Reflect.get(found, 'user') === USER;
}
