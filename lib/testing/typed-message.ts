/** What `by` and `body` of a controller's options say, where they are names. */
export interface MessageShape {
  /** @default 'type' */
  readonly by?: string;
  /** @default none: the body's own properties stand beside the type */
  readonly body?: string;
}

/**
 * A message for an `@OnMessage()` method, to be sent.
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
      `The body of a message of type "${type}" has to be an object, since its type stands in it. ` +
        'Name the property that holds another body: { body: "data" }.',
    );
  }
  return { ...body, [by]: type };
}
