import { Injectable } from '@nestjs/common';

export interface Notice {
  author: string;
  text: string;
}

/** Somebody at the board, however they are connected. */
export interface Visitor {
  onNotice(notice: Notice): void;
  onPeople(count: number): void;
}

export const LONGEST_NOTICE = 200;

/** Stands for whatever the application checks: a token, a session. */
export const KEY = 'blue door';

/** What the gateway and the controllers share: it knows visitors, and no sockets. */
@Injectable()
export class BoardService {
  private readonly visitors = new Set<Visitor>();

  /** @returns How the visitor leaves. */
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
