// Jest types its asymmetric matchers as `any`; here they are values like others.

export const aNumber: unknown = expect.any(Number);
export const aText: unknown = expect.any(String);
export const anError: unknown = expect.any(Error);
export const anything: unknown = expect.anything();

export function textWith(part: string): unknown {
  return expect.stringContaining(part);
}

export function textLike(pattern: RegExp): unknown {
  return expect.stringMatching(pattern);
}

export function objectWith(members: object): unknown {
  return expect.objectContaining({ ...members });
}
