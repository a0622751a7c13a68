import { createHash, randomUUID } from 'node:crypto';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

import { CloseWebSocketException } from 'nestjs-revali-ws';
import { asyncScheduler, ReplaySubject, throttleTime, type Observable } from 'rxjs';

import { UploadCode } from './upload.codes.js';

/** What the page learns about its upload. */
export interface Progress {
  readonly id: string;
  /** Bytes written to disk. */
  readonly received: number;
  /** The digest of the whole file, once it has arrived. */
  readonly sha256?: string;
}

const REPORT_INTERVAL_MS = 50;

/** One file on its way from a page to disk. */
export class Upload {
  private readonly hash = createHash('sha256');
  private readonly interruption = new AbortController();
  /** Gives each subscriber the latest state first. */
  private readonly states = new ReplaySubject<Progress>(1);
  private received = 0;
  private sha256: string | undefined;
  private isTaken = false;
  private writing: Promise<void> | undefined;

  /** The name on disk is the id generated here: the client's file name is never used. */
  static async create(folder: string, size: number): Promise<Upload> {
    const id = randomUUID();
    const path = join(folder, id);
    return new Upload(id, size, path, await open(path, 'wx'));
  }

  private constructor(
    readonly id: string,
    private readonly size: number,
    private readonly path: string,
    private readonly file: FileHandle,
  ) {
    this.announce();
  }

  get isComplete(): boolean {
    return this.sha256 !== undefined;
  }

  /** A few states a second, always including the latest. Ends with the upload. */
  get progress(): Observable<Progress> {
    const ends = { leading: true, trailing: true };
    return this.states.pipe(throttleTime(REPORT_INTERVAL_MS, asyncScheduler, ends));
  }

  /** Aborted when the rest will not arrive. */
  get interrupted(): AbortSignal {
    return this.interruption.signal;
  }

  /** Only one connection may send the content. */
  take(): void {
    if (this.isTaken)
      throw new CloseWebSocketException(UploadCode.Taken, 'The content comes from elsewhere');
    this.isTaken = true;
  }

  async write(chunk: Buffer): Promise<void> {
    if (this.interrupted.aborted) return;
    if (this.received + chunk.length > this.size)
      throw new CloseWebSocketException(UploadCode.TooLarge, 'More bytes than were announced');
    this.writing = this.file.writeFile(chunk);
    await this.writing;
    this.hash.update(chunk);
    this.received += chunk.length;
    this.announce();
  }

  /** Does nothing to a complete upload. */
  interrupt(): void {
    if (this.isComplete) return;
    this.interruption.abort();
    const reason = 'The content broke off';
    this.states.error(new CloseWebSocketException(UploadCode.Interrupted, reason));
  }

  /** Removes the file. */
  async release(): Promise<void> {
    this.interrupt();
    await Promise.allSettled([this.writing]);
    await this.file.close();
    await rm(this.path);
  }

  private announce(): void {
    const { id, received } = this;
    if (received === this.size) this.sha256 = this.hash.digest('hex');
    this.states.next({ id, received, sha256: this.sha256 });
    if (this.isComplete) this.states.complete();
  }
}
