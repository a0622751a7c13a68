/**
 * Values by names that others choose. It inherits nothing, as the parameters of Express and Fastify: no name finds
 * `Object.prototype`. An object literal would have room for four properties, which each connection would keep.
 */
export class BareRecord<T> {
  [name: string]: T;
}
Object.setPrototypeOf(BareRecord.prototype, null);
Reflect.deleteProperty(BareRecord.prototype, 'constructor');
Object.freeze(BareRecord.prototype);
