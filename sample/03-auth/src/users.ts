import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

import { Injectable } from '@nestjs/common';

export type Role = 'member' | 'admin';

export interface User {
  readonly name: string;
  readonly roles: readonly Role[];
}

interface Account extends User {
  readonly salt: Buffer;
  readonly hash: Promise<Buffer>;
}

const KEY_LENGTH = 32;
const derive = promisify<string, Buffer, number, Buffer>(scrypt);

/** Stands in for a database. The passwords are made up, and the page shows them. */
@Injectable()
export class Users {
  private readonly accounts = [
    createAccount({ name: 'user', roles: ['member'] }, 'made-up-password'),
    createAccount({ name: 'admin', roles: ['member', 'admin'] }, 'another-made-up-password'),
  ];
  /** Stands in for unknown names, so the response time does not reveal which ones exist. */
  private readonly nobody = createAccount({ name: '', roles: [] }, randomBytes(16).toString('hex'));

  async verify(name: string, password: string): Promise<User | undefined> {
    const account = this.accounts.find((candidate) => candidate.name === name) ?? this.nobody;
    const hash = await derive(password, account.salt, KEY_LENGTH);
    return timingSafeEqual(hash, await account.hash) ? account : undefined;
  }
}

function createAccount(user: User, password: string): Account {
  const salt = randomBytes(16);
  return { ...user, salt, hash: derive(password, salt, KEY_LENGTH) };
}
