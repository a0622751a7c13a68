import { urlOf, type Target } from './address.js';

/** Code to connect from elsewhere. */
export const SNIPPETS: readonly (readonly [name: string, of: (target: Target) => string])[] = [
  ['websocat', ofWebsocat],
  ['wscat', ofWscat],
  ['JavaScript', ofBrowser],
  ['client', ofClient],
];

function ofWebsocat(target: Target): string {
  const headers = target.headers.map(([name, value]) => `-H ${shell(`${name}: ${value}`)}`);
  const protocols =
    target.protocols.length > 0 ? [`--protocol ${shell(target.protocols.join(', '))}`] : [];
  return ['websocat', ...headers, ...protocols, shell(urlOf(target))].join(' ');
}

function ofWscat(target: Target): string {
  const headers = target.headers.map(([name, value]) => `-H ${shell(`${name}: ${value}`)}`);
  const protocols = target.protocols.map((protocol) => `-s ${shell(protocol)}`);
  return ['wscat', `-c ${shell(urlOf(target))}`, ...headers, ...protocols].join(' ');
}

function ofBrowser(target: Target): string {
  const protocols = target.protocols.length > 0 ? `, ${literal(target.protocols)}` : '';
  return [
    `const socket = new WebSocket(${literal(urlOf(target))}${protocols});`,
    `socket.onopen = () => console.log('open');`,
    `socket.onmessage = ({ data }) => console.log(data);`,
    `socket.onclose = ({ code, reason }) => console.log(code, reason);`,
  ].join('\n');
}

function ofClient(target: Target): string {
  const { route, parameters, query, protocols } = target;
  const params = route.parameters.map(({ name }): [string, unknown] => {
    const value = parameters[name] ?? '';
    return [name, route.wildcards.includes(name) ? value.split('/') : value];
  });
  const options = Object.entries({
    params: Object.fromEntries(params),
    query: queryOf(query),
    protocols,
  }).filter(([, value]) => Object.keys(value).length > 0);
  const text = options.length > 0 ? `, ${literal(Object.fromEntries(options))}` : '';
  const url = target.server.replace(/^ws/, 'http');
  return [
    `import { createClient } from 'nestjs-revali-ws-client';`,
    `import type { Routes } from './ws-routes.js';`,
    '',
    `const client = createClient<Routes>({ url: ${literal(url)} });`,
    `const connection = client.connect(${literal(route.path)}${text});`,
    `for await (const message of connection) console.log(message);`,
  ].join('\n');
}

function queryOf(query: Target['query']): Record<string, string | string[]> {
  const names = [...new Set(query.map(([name]) => name))];
  return Object.fromEntries(
    names.map((name) => {
      const values = query.filter(([each]) => each === name).map(([, value]) => value);
      return [name, values.length === 1 ? (values[0] ?? '') : values];
    }),
  );
}

/** Quotes a text for a shell: inside single quotes, only a quote has a meaning. */
function shell(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** Writes JavaScript as people do: names without quotes if possible. */
function literal(value: unknown): string {
  if (typeof value === 'string')
    return `'${JSON.stringify(value)
      .slice(1, -1)
      .replaceAll(String.raw`\"`, '"')
      .replaceAll("'", String.raw`\'`)}'`;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([name, member]) =>
      `${/^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name)}: ${literal(member)}`,
  );
  return `{ ${members.join(', ')} }`;
}
