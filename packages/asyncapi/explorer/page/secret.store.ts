/** What is typed into fields of security schemes. It ends with the tab, and no link or address holds it. */
export class SecretStore {
  private readonly prefix = `nestjs-revali-ws-asyncapi ${location.pathname} `;

  get(id: string): string {
    try {
      return sessionStorage.getItem(this.prefix + id) ?? '';
    } catch {
      // Storage may be forbidden: then each page asks again.
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
