import { randomUUID } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import type { User } from './users.js';

const LIFETIME_MS = 8 * 60 * 60 * 1000;

/** Lasts from sign-in to sign-out. Session cookie and token both refer to it, and end with it. */
export interface SignIn extends User {
  readonly id: string;
  readonly expiresAt: number;
}

/** With several instances, keep this and the sessions in a store that they share. */
@Injectable()
export class SignIns {
  private readonly current = new Map<string, SignIn>();

  begin({ name, roles }: User): SignIn {
    const signIn = { id: randomUUID(), name, roles, expiresAt: Date.now() + LIFETIME_MS };
    this.dropExpired();
    this.current.set(signIn.id, signIn);
    return signIn;
  }

  /** `undefined` once the sign-in has ended. */
  find(id: string | undefined): SignIn | undefined {
    const signIn = id === undefined ? undefined : this.current.get(id);
    return signIn && signIn.expiresAt > Date.now() ? signIn : undefined;
  }

  end(id: string): void {
    this.current.delete(id);
  }

  private dropExpired(): void {
    for (const { id } of this.current.values()) if (!this.find(id)) this.end(id);
  }
}
