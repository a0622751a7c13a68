/**
 * Values under names that others choose. It inherits nothing, like the parameters of Express and Fastify, so no name
 * finds `Object.prototype`. An object literal would reserve four properties, which each connection would keep.
 */
export class BareRecord<T> {
  [name: string]: T;
}
Object.setPrototypeOf(BareRecord.prototype, null);
Reflect.deleteProperty(BareRecord.prototype, 'constructor');
Object.freeze(BareRecord.prototype);
