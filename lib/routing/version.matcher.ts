import type { HttpServer, VersioningOptions } from '@nestjs/common';
import type { RouteEntry } from '../discovery/route.definition.js';
import type { ServedPath } from '../nest/route.paths.js';

/** Asks the HTTP adapter's version filters, which decide what the version of a route accepts. */
export class VersionMatcher {
  private readonly filters = new Map<ServedPath, (request: object) => void>();
  private isTaken = false;

  /** @param versioning The application's versioning; absent if versions are not in use. */
  constructor(
    adapter: HttpServer,
    entries: readonly RouteEntry[],
    versioning: VersioningOptions | undefined,
  ) {
    if (!versioning) return;
    for (const { served } of entries) {
      if (served.version === undefined) continue;
      const filter = adapter.applyVersionFilter(this.take, served.version, versioning);
      this.filters.set(served, (request) => void filter(request, {}, pass));
    }
  }

  /**
   * @param request The platform's own request, which a custom extractor expects.
   * @throws What an extractor throws.
   */
  takes(served: ServedPath, request: object): boolean {
    const filter = this.filters.get(served);
    if (!filter) return true;
    this.isTaken = false;
    filter(request);
    return this.isTaken;
  }

  /** Replaces the handler of a route. */
  private readonly take = (): void => {
    this.isTaken = true;
  };
}

function pass(): void {
  // The caller asks the next route.
}
