/** A name that bundlers and compilers do not look for: the package need not be installed. */
export const ASYNCAPI_PACKAGE: string = 'nestjs-revali-ws-asyncapi';

/**
 * The package that makes documents.
 *
 * @param isFit Whether it is new enough.
 * @param absent Makes what is thrown where it cannot be loaded.
 * @param outdated Makes what is thrown where it is too old.
 */
export async function loadAsyncApi<Exports>(
  isFit: (loaded: unknown) => loaded is Exports,
  absent: (cause: unknown) => Error,
  outdated: () => Error,
): Promise<Exports> {
  const loaded: unknown = await import(ASYNCAPI_PACKAGE).catch((error: unknown) => {
    throw absent(error);
  });
  if (isFit(loaded)) return loaded;
  throw outdated();
}
