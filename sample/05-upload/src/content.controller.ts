import { Body, Param } from '@nestjs/common';
import {
  CleanUp,
  Closes,
  OnConnect,
  OnMessage,
  WebSocketConnection,
  WebSocketController,
} from 'nestjs-revali-ws';

import { UploadCode } from './upload.codes.js';
import type { Upload } from './upload.js';
import { Uploads } from './uploads.js';

/** Larger than the page's chunks. Each message is held in memory as a whole. */
const MAX_CHUNK = 256 * 1024;

/** Receives the bytes of an upload. */
@WebSocketController('uploads/:id/content', {
  mode: 'receiveOnly',
  maxPayload: MAX_CHUNK,
  // A silent page is disconnected with 1001.
  idleTimeout: '30s',
})
@Closes({
  [UploadCode.NotFound]: 'There is no such upload',
  [UploadCode.Taken]: 'The content comes from elsewhere',
  [UploadCode.TooLarge]: 'More bytes than were announced',
  [UploadCode.Interrupted]: 'The upload is over',
})
export class ContentController {
  constructor(private readonly uploads: Uploads) {}

  /** When one of the two connections ends, so does the other. */
  @OnConnect()
  open(
    @Param('id') id: string,
    connection: WebSocketConnection<{ upload: Upload }>,
    cleanUp: CleanUp,
  ): void {
    const upload = this.uploads.find(id);
    upload.take();
    connection.data.upload = upload;
    cleanUp.add(() => upload.interrupt());
    upload.interrupted.addEventListener('abort', () =>
      connection.close(UploadCode.Interrupted, 'The upload is over'),
    );
    if (upload.isComplete) connection.close(1000, 'Complete');
  }

  /**
   * Receives every message as bytes, as no other method handles a type. Chunks are handled one at a time. While one
   * is being written, a few more wait here, and the rest in TCP and in the page: that is the back-pressure.
   */
  @OnMessage()
  async write(
    @Body() chunk: Buffer,
    connection: WebSocketConnection<{ upload: Upload }>,
  ): Promise<void> {
    const { upload } = connection.data;
    await upload.write(chunk);
    if (upload.isComplete) connection.close(1000, 'Complete');
  }
}
