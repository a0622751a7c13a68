import { Body, Controller, Param, ParseIntPipe, Query } from '@nestjs/common';
import { CleanUp, WebSocket, WebSocketConnection } from 'nestjs-revali-ws';
import type { Observable } from 'rxjs';

import { UploadCode } from './upload.codes.js';
import type { Progress, Upload } from './upload.js';
import { Uploads } from './uploads.js';

/** Larger than the chunks of the page; a message is held in memory as a whole. */
const MAX_CHUNK = 256 * 1024;

/** One upload, two connections: what arrived is told on the first, which opens it; the bytes come on the second. */
@Controller('uploads')
export class UploadController {
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

  /**
   * Chunks are handled one after another. While one is being written those that come wait, at most a few, and then
   * in TCP and in the page: that is the back-pressure. A page that falls silent is closed with 1001.
   */
  @WebSocket(':id/content', {
    mode: 'receiveOnly',
    format: 'binary',
    triggerOnConnect: true,
    maxPayload: MAX_CHUNK,
    idleTimeout: '30s',
  })
  async receive(
    @Param('id') id: string,
    connection: WebSocketConnection<{ upload?: Upload }>,
    cleanUp: CleanUp,
    @Body() chunk?: Buffer,
  ): Promise<void> {
    const upload = (connection.data.upload ??= this.take(id, connection, cleanUp));
    if (chunk) await upload.write(chunk);
    if (upload.isComplete) connection.close(1000, 'Complete');
  }

  /** On connect. Whichever of the two connections ends first, takes the other with it. */
  private take(id: string, connection: WebSocketConnection, cleanUp: CleanUp): Upload {
    const upload = this.uploads.find(id);
    upload.take();
    upload.interrupted.addEventListener('abort', () =>
      connection.close(UploadCode.Interrupted, 'The upload is over'),
    );
    cleanUp.add(() => upload.interrupt());
    return upload;
  }
}
