import { within } from '../deadline.js';

export interface OpenClient {
  /** Ends the connection without ceremony; resolves when the socket is gone. */
  abandon(): Promise<void>;
}

const openClients = new Set<OpenClient>();

/** Remembers the client; call what is returned when its socket is gone. */
export function trackClient(client: OpenClient): () => void {
  openClients.add(client);
  return () => openClients.delete(client);
}

/** For `afterEach`: ends whatever clients, `TestClient` or `RawClient`, a test left open. */
export async function closeAllClients(): Promise<void> {
  const left = [...openClients];
  openClients.clear();
  await within(
    Promise.all(left.map((client) => client.abandon())),
    `${left.length} clients to be gone`,
  );
}
