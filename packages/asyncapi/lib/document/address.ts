import type { WebSocketRouteInfo } from 'nestjs-revali-ws';
import { parse, type Token } from 'path-to-regexp';
import { Names } from '../schema/names.js';

/** A path as a document writes it. */
export interface Address {
  readonly address: string;
  readonly parameters: readonly AddressParameter[];
}

/** A part of an address. */
export interface AddressParameter {
  /** In the address: letters, digits, `_` and `-` alone. */
  readonly key: string;
  /** As the handler reads it. */
  readonly name: string;
  readonly isWildcard: boolean;
}

/** More optional parts than this have one address without any of them and one with all. */
const MOST_GROUPS = 5;

/** One for each choice of optional parts, those with the fewest first. */
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

/** As clients ask for it: braces would be a parameter, and what follows `?` and `#` no part of a path. */
function literal(text: string): string {
  return encodeURI(text.toWellFormed()).replaceAll(/[?#]/g, encodeURIComponent);
}
