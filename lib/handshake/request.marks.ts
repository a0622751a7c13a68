/** What one part of an application remembers of a request. */
export interface RequestMarks<Value> {
  get(request: object): Value | undefined;
  set(request: object, value: Value): void;
}

/** Gives its subclass another object to add private fields to. */
// oxlint-disable-next-line typescript/no-extraneous-class -- a member would be added to requests as well
class Given {
  constructor(given: object) {
    return given;
  }
}

/**
 * Marks that nobody else can see, change or copy, as those of a `WeakMap`. But such a map has an entry for each open
 * connection, which each garbage collection goes through; private fields come and go with their request.
 */
export function createRequestMarks<Value>(): RequestMarks<Value> {
  return class Mark extends Given {
    #value: Value;

    constructor(request: object, value: Value) {
      super(request);
      this.#value = value;
    }

    static get(request: object): Value | undefined {
      return #value in request ? request.#value : undefined;
    }

    static set(request: object, value: Value): void {
      if (#value in request) request.#value = value;
      else Reflect.construct(Mark, [request, value]);
    }
  };
}
