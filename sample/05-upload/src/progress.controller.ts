import { Controller, ParseIntPipe, Query } from '@nestjs/common';
import { CleanUp, Closes, Sends, WebSocket } from 'nestjs-revali-ws';
import type { Observable } from 'rxjs';

import { UploadCode } from './upload.codes.js';
import type { Progress } from './upload.js';
import { Uploads } from './uploads.js';

/** Its schema for the AsyncAPI document: interfaces do not exist at run time. */
const PROGRESS = {
  title: 'Progress',
  type: 'object',
  required: ['id', 'received'],
  properties: {
    id: { type: 'string', format: 'uuid' },
    received: { type: 'integer', minimum: 0 },
    sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
  },
};

/** Opens an upload and reports what has arrived. */
@Controller('uploads')
export class ProgressController {
  constructor(private readonly uploads: Uploads) {}

  /** The first message has the id, the last one the digest. The upload ends with this connection. */
  @Sends(PROGRESS)
  @Closes({
    1007: 'The size is not a whole number of bytes',
    [UploadCode.TooLarge]: 'Files may have up to 16 MiB',
    [UploadCode.Interrupted]: 'The content broke off',
  })
  @WebSocket('progress', { mode: 'sendOnly', maxLifetime: '1h' })
  async progress(
    @Query('size', ParseIntPipe) size: number,
    cleanUp: CleanUp,
  ): Promise<Observable<Progress>> {
    const upload = await this.uploads.begin(size);
    // If the client has already left, this runs immediately.
    cleanUp.add(() => this.uploads.end(upload));
    return upload.progress;
  }
}
