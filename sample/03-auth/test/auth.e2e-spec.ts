import { JwtService } from '@nestjs/jwt';
import type { TestWebSocket } from 'nestjs-revali-ws/testing';

import { closeAllApps, type RunningApp } from '../../../test/support/apps/running-app.js';
import { connectTo, messagesOf } from '../../support/sample-client.js';
import { startSample } from '../../support/start-sample.js';
import { createApp } from '../src/create-app.js';
import { post, signIn, signOut, type Proof } from './api-client.js';

const MEMBER = '/live/member';
const ADMIN = '/live/admin';

const invalid = { code: 4401, reason: 'The token is invalid, or its time is over' };

describe('the authentication sample', () => {
  let sample: RunningApp;

  const byCookie = ({ cookie }: Proof, path = MEMBER): Promise<TestWebSocket> =>
    connectTo(sample, path, { headers: { cookie } });
  const byToken = ({ token }: Proof, path = MEMBER): Promise<TestWebSocket> =>
    connectTo(sample, path, { protocols: ['bearer', token] });

  beforeEach(async () => {
    sample = await startSample(createApp);
  });
  afterEach(closeAllApps);

  it('refuses strangers', async () => {
    for (const path of [MEMBER, ADMIN]) {
      const client = await connectTo(sample, path);
      expect(await client.closed).toMatchObject({ code: 4401, reason: 'Sign in first' });
      expect(await messagesOf(client)).toEqual([]);
    }
  });

  it('lets in by session cookie', async () => {
    const client = await byCookie(await signIn(sample, 'user'));
    expect(await client.text()).toBe('Hello, user: the session cookie let you in.');
    client.send('hi');
    expect(await client.text()).toBe('user: hi');
  });

  it('lets in by a token in Authorization', async () => {
    const { token } = await signIn(sample, 'user');
    const headers = { authorization: `Bearer ${token}` };
    const client = await connectTo(sample, MEMBER, { headers });
    expect(await client.text()).toBe('Hello, user: the token let you in.');
  });

  it('lets in by a token among the subprotocols, which is not answered', async () => {
    const proof = await signIn(sample, 'user');
    const client = await byToken(proof);
    expect(await client.text()).toBe('Hello, user: the token let you in.');
    expect(client.protocol).toBe('bearer');
    expect(JSON.stringify(client.headers)).not.toContain(proof.token);
  });

  it('refuses a token that was altered, whatever cookie comes with it', async () => {
    const { cookie, token } = await signIn(sample, 'admin');
    const altered = `${token.slice(0, token.lastIndexOf('.'))}.c2lnbmF0dXJl`;
    const protocols = ['bearer', altered];
    const client = await connectTo(sample, MEMBER, { headers: { cookie }, protocols });
    expect(await client.closed).toMatchObject(invalid);
  });

  it('keeps ordinary users out of the route for admins', async () => {
    const user = await signIn(sample, 'user');
    for (const client of [await byCookie(user, ADMIN), await byToken(user, ADMIN)])
      expect(await client.closed).toMatchObject({ code: 4403, reason: 'Only for the role admin' });
  });

  it('tells admins who is connected', async () => {
    const member = await byToken(await signIn(sample, 'user'));
    await member.text();
    const admin = await byCookie(await signIn(sample, 'admin'), ADMIN);
    expect(await admin.text()).toBe(
      'user by token on /live/member\nadmin by session cookie on /live/admin',
    );
  });

  it('ends with a sign-out what that sign-in opened, and nothing else', async () => {
    const [leaving, staying] = [await signIn(sample, 'user'), await signIn(sample, 'user')];
    const clients = [await byCookie(leaving), await byToken(leaving)];
    const other = await byCookie(staying);
    await signOut(sample, leaving);
    for (const client of clients)
      expect(await client.closed).toMatchObject({ code: 4401, reason: 'Signed out' });
    expect(await (await byToken(leaving)).closed).toMatchObject(invalid);
    expect(await (await byCookie(leaving)).closed).toMatchObject({ code: 4401 });
    await other.text();
    other.send('still here');
    expect(await other.text()).toBe('user: still here');
  });

  it('ends what the former sign-in of a browser opened when it signs in again', async () => {
    const former = await signIn(sample, 'user');
    const client = await byCookie(former);
    const credentials = { name: 'admin', password: 'another-made-up-password' };
    const answer = await post(sample, '/auth/sign-in', credentials, { cookie: former.cookie });
    expect(answer.status).toBe(200);
    expect(await client.closed).toMatchObject({ code: 4401, reason: 'Signed out' });
  });

  it('closes a connection when the time of its token is over', async () => {
    const jwt = sample.app.get(JwtService);
    const { jti } = jwt.decode<{ jti: string }>((await signIn(sample, 'user')).token);
    const token = jwt.sign({}, { jwtid: jti, expiresIn: 2 });
    const client = await byToken({ cookie: '', token });
    client.timeout = 5000;
    expect(await client.closed).toMatchObject({ code: 4401, reason: 'Authentication expired' });
    expect(await messagesOf(client)).toHaveLength(1);
  });

  it('gives another token for the session cookie, and for nothing else', async () => {
    const { cookie, token } = await signIn(sample, 'user');
    const answer = await post(sample, '/auth/token', {}, { cookie });
    expect(answer.status).toBe(200);
    const client = await byToken(JSON.parse(answer.body) as Proof);
    expect(await client.text()).toBe('Hello, user: the token let you in.');
    const headers = { authorization: `Bearer ${token}` };
    expect((await post(sample, '/auth/token', {}, headers)).status).toBe(401);
    await signOut(sample, { cookie, token });
    expect((await post(sample, '/auth/token', {}, { cookie })).status).toBe(401);
  });

  it('tells all members what one says', async () => {
    const [one, other] = [await signIn(sample, 'user'), await signIn(sample, 'admin')];
    const clients = [await byCookie(one), await byToken(other)];
    for (const client of clients) expect(await client.text()).toMatch(/^Hello/);
    clients[0]?.send('hi');
    for (const client of clients) expect(await client.text()).toBe('user: hi');
  });

  it.each([
    { credentials: { name: 'user', password: 'another-made-up-password' }, status: 401 },
    { credentials: { name: 'nobody', password: 'made-up-password' }, status: 401 },
    { credentials: { name: 'user' }, status: 400 },
  ])('does not sign in with $credentials', async ({ credentials, status }) => {
    const answer = await post(sample, '/auth/sign-in', credentials);
    expect(answer.status).toBe(status);
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  it('keeps the session cookie from scripts and from other sites', async () => {
    const credentials = { name: 'user', password: 'made-up-password' };
    const { headers } = await post(sample, '/auth/sign-in', credentials);
    expect(headers['set-cookie']).toEqual([expect.stringMatching(/; HttpOnly; SameSite=Lax$/)]);
  });
});

describe('the authentication sample in production', () => {
  const environment = { ...process.env };
  const secret = 'a random text that nobody else can know';

  beforeEach(() => {
    process.env.NODE_ENV = 'production';
  });
  afterEach(async () => {
    process.env = { ...environment };
    await closeAllApps();
  });

  const start = (): Promise<RunningApp> =>
    startSample((options) => createApp({ ...options, abortOnError: false }));

  it('does not start with the secrets of development', async () => {
    await expect(start()).rejects.toThrow(/^SESSION_SECRET is not set.*openssl rand/);
    process.env.SESSION_SECRET = secret;
    await expect(start()).rejects.toThrow(/^JWT_SECRET is not set/);
    process.env.JWT_SECRET = 'too short';
    await expect(start()).rejects.toThrow(/^JWT_SECRET is .*shorter than 32 characters/);
  });

  it('starts with secrets of its own', async () => {
    process.env.SESSION_SECRET = secret;
    process.env.JWT_SECRET = secret;
    const sample = await start();
    const client = await connectTo(sample, MEMBER);
    expect(await client.closed).toMatchObject({ code: 4401 });
  });
});
