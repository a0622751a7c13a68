import { parse, type Token } from 'path-to-regexp';

/** Where Fastify's router ends the name of a parameter. */
const AFTER_PARAM = /^[-./]/;
const PLAIN_NAME = /^[\w$]+$/;

/**
 * The path in the syntax of Fastify's router, which has no optional parts: one path for each combination of them.
 *
 * @throws Error if that router would read the path differently than middleware does.
 */
export function fastifyPaths(path: string): string[] {
  const choices = choicesOf(parse(path).tokens).map((tokens) => pathOf(tokens));
  return [...new Set(choices)];
}

/** With each optional part, and without it. */
function choicesOf(tokens: readonly Token[]): Token[][] {
  return tokens.reduce<Token[][]>(
    (choices, token) => choices.flatMap((choice) => extended(choice, token)),
    [[]],
  );
}

function extended(choice: Token[], token: Token): Token[][] {
  if (token.type !== 'group') return [choice.concat(token)];
  return [choice, ...choicesOf(token.tokens).map((chosen) => choice.concat(chosen))];
}

function pathOf(tokens: readonly Token[]): string {
  const path = tokens.map((token, index) => textOf(token, tokens.slice(index + 1))).join('');
  if (/:[^/]*\*$/.test(path.replaceAll('::', '')))
    throw new Error('Fastify allows no wildcard after a parameter in one segment');
  return path || '/';
}

function textOf(token: Token, rest: readonly Token[]): string {
  const [next] = rest;
  if (token.type === 'text') {
    if (token.value.includes('*')) throw new Error('Fastify treats every asterisk as a wildcard');
    return token.value.replaceAll(':', '::');
  }
  if (token.type === 'wildcard') {
    if (next) throw new Error('Fastify allows a wildcard only at the end');
    return '*';
  }
  const name = 'name' in token ? token.name : '';
  const isSeparated = !next || (next.type === 'text' && AFTER_PARAM.test(next.value));
  if (PLAIN_NAME.test(name) && isSeparated) return `:${name}`;
  throw new Error(
    `Fastify ends the name of a parameter at "-", "." or "/" only: put one of them after ":${name}"`,
  );
}
