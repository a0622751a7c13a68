/** The controller's options `by` and `body`, if they are property names. */
export interface MessageShape {
  /** @default 'type' */
  readonly by?: string;
  /** @default none: the body's own properties are next to the type */
  readonly body?: string;
}

/**
 * Builds a message for an `@OnMessage()` method.
 *
 * @example
 * ```ts
 * socket.send(message('say', { text: 'hi' }));
 * socket.send(message('say', 'hi', { by: 'event', body: 'data' }));
 * ```
 */
export function message(
  type: string,
  body?: unknown,
  { by = 'type', body: part }: MessageShape = {},
): object {
  if (part !== undefined) return { [by]: type, [part]: body };
  if (body !== undefined && (typeof body !== 'object' || body === null || Array.isArray(body))) {
    throw new TypeError(
      `The body of a message of type "${type}" must be an object, because it holds the type. ` +
        'Name the property that holds another body: { body: "data" }.',
    );
  }
  return { ...body, [by]: type };
}
