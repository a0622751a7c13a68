import type { WebSocketConnection } from 'nestjs-revali-ws';

import type { ChatEvent, Said } from './chat.events.js';

const HISTORY_KEPT = 50;

interface Member {
  readonly name: string;
  readonly connection: Pick<WebSocketConnection, 'send'>;
}

/** Who is here, and what was said last. */
export class Room {
  private readonly members = new Map<string, Member>();
  private readonly said: Said[] = [];

  get isEmpty(): boolean {
    return this.members.size === 0;
  }

  get names(): readonly string[] {
    return Array.from(this.members.values(), ({ name }) => name);
  }

  get history(): readonly Said[] {
    return [...this.said];
  }

  has(name: string): boolean {
    return this.members.has(keyOf(name));
  }

  /** @returns Leaves the room again. */
  join(name: string, connection: Member['connection']): () => void {
    this.members.set(keyOf(name), { name, connection });
    this.tellOthers(name, { type: 'joined', name, members: this.names });
    return () => {
      this.members.delete(keyOf(name));
      this.tellOthers(name, { type: 'left', name, members: this.names });
    };
  }

  say(from: string, text: string): void {
    const said: Said = { type: 'said', from, text, at: new Date().toISOString() };
    this.said.push(said);
    if (this.said.length > HISTORY_KEPT) this.said.shift();
    for (const { connection } of this.members.values()) void connection.send(said);
  }

  typing(name: string): void {
    this.tellOthers(name, { type: 'typing', name });
  }

  private tellOthers(name: string, event: ChatEvent): void {
    for (const [key, { connection }] of this.members) {
      if (key !== keyOf(name)) void connection.send(event);
    }
  }
}

/** "Ada" and "ada" would be one to the eye. */
function keyOf(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}
