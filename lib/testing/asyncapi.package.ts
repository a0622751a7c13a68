/** Typed as a string, so that bundlers and compilers do not resolve it: the package may not be installed. */
export const ASYNCAPI_PACKAGE: string = 'nestjs-revali-ws-asyncapi';

/**
 * Loads the package that generates documents.
 *
 * @param isFit Whether the package is new enough.
 * @param absent Creates the error to throw if the package cannot be loaded.
 * @param outdated Creates the error to throw if the package is too old.
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
