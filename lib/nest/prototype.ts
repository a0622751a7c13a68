import type { Abstract } from '@nestjs/common';

/** Where a class keeps its methods. */
export function prototypeOf({ prototype }: Abstract<object>): object {
  return prototype;
}

/** An object of the class that no constructor has seen. */
export function bareInstanceOf(type: Abstract<object>): object {
  const instance = {};
  Reflect.setPrototypeOf(instance, type.prototype);
  return instance;
}
