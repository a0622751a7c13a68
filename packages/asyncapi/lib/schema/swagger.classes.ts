import 'reflect-metadata';
import { builtInSchema } from './class.properties.js';
import { isClass, isRecord, type AnyClass } from './json.schema.js';

// What swagger's decorators leave on classes; the same keys in versions 11 and 12.
const SCHEMA = 'swagger/apiSchema';
const PROPERTIES = 'swagger/apiModelPropertiesArray';
const PROPERTY = 'swagger/apiModelProperties';

/** As swagger names it: `@ApiSchema({ name })`, else the class. */
export function schemaNameOf(type: AnyClass): string {
  const given: unknown = Reflect.getOwnMetadata(SCHEMA, type);
  const names = (Array.isArray(given) ? given : [])
    .filter(isRecord)
    .map(({ name }) => name)
    .filter((name) => typeof name === 'string');
  return names.at(-1) ?? type.name;
}

/** The classes of properties. */
export function swaggerClassesOf(type: AnyClass): AnyClass[] {
  const prototype: unknown = type.prototype;
  if (!isRecord(prototype)) return [];
  const names: unknown = Reflect.getMetadata(PROPERTIES, prototype);
  return (Array.isArray(names) ? names : [])
    .filter((name) => typeof name === 'string')
    .map((name): unknown => Reflect.getMetadata(PROPERTY, prototype, name.slice(1)))
    .flatMap((property) => (isRecord(property) ? classIn(property['type']) : []));
}

/** A class, a list of one, or a function that tells either: swagger knows it by its name. */
function classIn(type: unknown): AnyClass[] {
  const [inner] = [type].flat();
  if (typeof inner !== 'function') return [];
  if (inner.name === 'type') return classIn(Reflect.apply(inner, undefined, []));
  return isClass(inner) && builtInSchema(inner) === undefined ? [inner] : [];
}
