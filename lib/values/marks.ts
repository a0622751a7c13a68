/** What one part of an application remembers about an object of somebody else. */
export interface Marks<Value> {
  get(object: object): Value | undefined;
  set(object: object, value: Value): void;
}

/** Lets its subclass add private fields to an existing object. */
// oxlint-disable-next-line typescript/no-extraneous-class -- a member would be added to the objects as well
class Given {
  constructor(given: object) {
    return given;
  }
}

/**
 * Marks that nobody else can see, change, or copy, like those of a `WeakMap`. But a map has an entry for each open
 * connection, and every garbage collection visits them all; private fields come and go with their object.
 */
export function createMarks<Value>(): Marks<Value> {
  return class Mark extends Given {
    #value: Value;

    constructor(object: object, value: Value) {
      super(object);
      this.#value = value;
    }

    static get(object: object): Value | undefined {
      return #value in object ? object.#value : undefined;
    }

    static set(object: object, value: Value): void {
      if (#value in object) object.#value = value;
      else Reflect.construct(Mark, [object, value]);
    }
  };
}
