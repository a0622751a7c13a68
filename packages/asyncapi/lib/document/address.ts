import type { WebSocketRouteInfo } from 'nestjs-revali-ws';
import { parse, type Token } from 'path-to-regexp';
import { Names } from '../schema/names.js';

/** A path, as a document writes it. */
export interface Address {
  readonly address: string;
  readonly parameters: readonly AddressParameter[];
}

/** A part of an address. */
export interface AddressParameter {
  /** The name in the address: only letters, digits, `_` and `-`. */
  readonly key: string;
  /** The name that the handler reads. */
  readonly name: string;
  readonly isWildcard: boolean;
}

/** A path with more optional parts than this gets two addresses: one without any of them, and one with all. */
const MOST_GROUPS = 5;

/** Creates one address for each choice of optional parts, with the fewest parts first. */
export function addressesOf({ path }: Pick<WebSocketRouteInfo, 'path'>): Address[] {
  const { tokens } = parse(path);
  const choices = groupsIn(tokens) > MOST_GROUPS ? twoChoices(tokens) : everyChoice(tokens);
  const found = choices.map(addressOf);
  return [...new Map(found.map((each) => [each.address, each])).values()];
}

function groupsIn(tokens: readonly Token[]): number {
  return tokens.reduce(
    (sum, token) => (token.type === 'group' ? sum + 1 + groupsIn(token.tokens) : sum),
    0,
  );
}

function everyChoice(tokens: readonly Token[]): Token[][] {
  let choices: Token[][] = [[]];
  for (const token of tokens) {
    const parts = token.type === 'group' ? [[], ...everyChoice(token.tokens)] : [[token]];
    choices = choices.flatMap((before) => parts.map((part) => before.concat(part)));
  }
  return choices;
}

function twoChoices(tokens: readonly Token[]): Token[][] {
  const all = (each: readonly Token[]): Token[] =>
    each.flatMap((token) => (token.type === 'group' ? all(token.tokens) : [token]));
  return [tokens.filter(({ type }) => type !== 'group'), all(tokens)];
}

function addressOf(tokens: readonly Token[]): Address {
  const names = new Names();
  const parameters: AddressParameter[] = [];
  let address = '';
  for (const token of tokens) {
    if (token.type === 'text') address += literal(token.value);
    if (token.type !== 'param' && token.type !== 'wildcard') continue;
    const key = names.claim(token.name.replaceAll(/[^\w-]+/g, '_'));
    parameters.push({ key, name: token.name, isWildcard: token.type === 'wildcard' });
    address += `{${key}}`;
  }
  return { address: address || '/', parameters };
}

/** Escapes the text as clients request it: braces would mark a parameter, and `?` or `#` would end the path. */
function literal(text: string): string {
  return encodeURI(text.toWellFormed()).replaceAll(/[?#]/g, encodeURIComponent);
}
