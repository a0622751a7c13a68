import { Controller, ParseIntPipe, Query } from '@nestjs/common';
import { CleanUp, WebSocket } from 'nestjs-revali-ws';
import type { Observable } from 'rxjs';

import type { Progress } from './upload.js';
import { Uploads } from './uploads.js';

/** Opens an upload and tells what has arrived. */
@Controller('uploads')
export class ProgressController {
  constructor(private readonly uploads: Uploads) {}

  /** The first message brings the id, the last one the digest. The upload lives no longer than this connection. */
  @WebSocket('progress', { mode: 'sendOnly', maxLifetime: '1h' })
  async progress(
    @Query('size', ParseIntPipe) size: number,
    cleanUp: CleanUp,
  ): Promise<Observable<Progress>> {
    const upload = await this.uploads.begin(size);
    // If the client has left meanwhile, this runs at once.
    cleanUp.add(() => this.uploads.end(upload));
    return upload.progress;
  }
}
