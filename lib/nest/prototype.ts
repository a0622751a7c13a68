import type { Abstract } from '@nestjs/common';

/** The object that holds a class's methods. */
export function prototypeOf({ prototype }: Abstract<object>): object {
  return prototype;
}

/** An object of the class, created without calling its constructor. */
export function bareInstanceOf(type: Abstract<object>): object {
  const instance = {};
  Reflect.setPrototypeOf(instance, type.prototype);
  return instance;
}
