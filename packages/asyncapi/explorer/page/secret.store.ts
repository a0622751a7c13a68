/** Keeps the secrets of security schemes until the tab closes. No link or address contains them. */
export class SecretStore {
  private readonly prefix = `nestjs-revali-ws-asyncapi ${location.pathname} `;

  get(id: string): string {
    try {
      return sessionStorage.getItem(this.prefix + id) ?? '';
    } catch {
      // The browser may forbid storage: then each page asks again.
      return '';
    }
  }

  set(id: string, value: string): void {
    try {
      if (value === '') sessionStorage.removeItem(this.prefix + id);
      else sessionStorage.setItem(this.prefix + id, value);
    } catch {
      // As above.
    }
  }
}
