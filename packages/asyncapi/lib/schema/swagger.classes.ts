import 'reflect-metadata';
import { builtInSchema } from './class.properties.js';
import { isClass, isRecord, type AnyClass } from './json.schema.js';

// Metadata keys of swagger's decorators on classes. Versions 11 and 12 use the same keys.
const SCHEMA = 'swagger/apiSchema';
const PROPERTIES = 'swagger/apiModelPropertiesArray';
const PROPERTY = 'swagger/apiModelProperties';

/** Swagger's name for the class: that of `@ApiSchema({ name })`, else the class name. */
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

/** Unwraps a class, a list of one, or a function that returns either. Swagger tells such functions by their name. */
function classIn(type: unknown): AnyClass[] {
  const [inner] = [type].flat();
  if (typeof inner !== 'function') return [];
  if (inner.name === 'type') return classIn(Reflect.apply(inner, undefined, []));
  return isClass(inner) && builtInSchema(inner) === undefined ? [inner] : [];
}
