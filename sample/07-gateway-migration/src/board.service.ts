import { Injectable } from '@nestjs/common';

export interface Notice {
  author: string;
  text: string;
}

/** Somebody at the board, connected in any way. */
export interface Visitor {
  onNotice(notice: Notice): void;
  onPeople(count: number): void;
}

export const LONGEST_NOTICE = 200;

/** Stands in for what a real application checks: a token, a session. */
export const KEY = 'blue door';

/** What the gateway and the controllers share. It knows visitors but no sockets. */
@Injectable()
export class BoardService {
  private readonly visitors = new Set<Visitor>();

  /** @returns A function that makes the visitor leave. */
  join(visitor: Visitor): () => void {
    this.visitors.add(visitor);
    this.tellPeople();
    return () => {
      this.visitors.delete(visitor);
      this.tellPeople();
    };
  }

  post(notice: Notice): void {
    for (const visitor of this.visitors) visitor.onNotice(notice);
  }

  private tellPeople(): void {
    for (const visitor of this.visitors) visitor.onPeople(this.visitors.size);
  }
}
