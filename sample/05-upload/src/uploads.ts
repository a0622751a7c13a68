import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { BadRequestException, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { CloseWebSocketException } from 'nestjs-revali-ws';

import { UploadCode } from './upload.codes.js';
import { Upload } from './upload.js';

const MEBIBYTE = 1024 * 1024;
export const MAX_SIZE = 16 * MEBIBYTE;

/** The current uploads, in a temporary folder that is removed when the application closes. */
@Injectable()
export class Uploads implements OnApplicationShutdown {
  readonly folder = mkdtempSync(join(tmpdir(), 'uploads-'));
  private readonly current = new Map<string, Upload>();

  onApplicationShutdown(): Promise<void> {
    return rm(this.folder, { recursive: true });
  }

  /** @param size As announced by the client, and enforced. */
  async begin(size: number): Promise<Upload> {
    if (size < 0) throw new BadRequestException('A file has no negative size');
    if (size > MAX_SIZE)
      throw new CloseWebSocketException(
        UploadCode.TooLarge,
        `Files may have up to ${MAX_SIZE / MEBIBYTE} MiB`,
      );
    const upload = await Upload.create(this.folder, size);
    this.current.set(upload.id, upload);
    return upload;
  }

  find(id: string): Upload {
    const upload = this.current.get(id);
    if (!upload) throw new CloseWebSocketException(UploadCode.NotFound, 'There is no such upload');
    return upload;
  }

  /** A real application would move the complete file into place here; the sample keeps none. */
  async end(upload: Upload): Promise<void> {
    this.current.delete(upload.id);
    await upload.release();
  }
}
