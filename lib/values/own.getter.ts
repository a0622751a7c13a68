/**
 * The value of a prototype's own getter, whatever properties of the object or of a subclass say.
 *
 * @throws TypeError if there is no such getter.
 */
export function ownGetter(prototype: object, name: string): (object: object) => unknown {
  const get: unknown = Reflect.get(Object.getOwnPropertyDescriptor(prototype, name) ?? {}, 'get');
  if (typeof get !== 'function') throw new TypeError(`there is no getter of ${name}`);
  return (object) => Reflect.apply(get, object, []) as unknown;
}
