import { cookiesOf } from '../../../test/support/apps/http-plugins.js';
import type { RunningApp } from '../../../test/support/apps/running-app.js';
import type { HttpAnswer } from '../../../test/support/clients/http-answer.js';

export const PASSWORDS = { user: 'made-up-password', admin: 'another-made-up-password' };

/** What one sign-in gives: either lets its holder in. */
export interface Proof {
  cookie: string;
  token: string;
}

export async function signIn(sample: RunningApp, name: keyof typeof PASSWORDS): Promise<Proof> {
  const answer = await post(sample, '/auth/sign-in', { name, password: PASSWORDS[name] });
  expect(answer.status).toBe(200);
  const { token } = JSON.parse(answer.body) as { token: string };
  return { cookie: cookiesOf(answer.headers['set-cookie']), token };
}

export async function signOut(sample: RunningApp, { cookie }: Proof): Promise<void> {
  const answer = await post(sample, '/auth/sign-out', {}, { cookie });
  expect(answer.status).toBe(204);
}

export function post(
  sample: RunningApp,
  path: string,
  body: object,
  headers = {},
): Promise<HttpAnswer> {
  return sample.get(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}
