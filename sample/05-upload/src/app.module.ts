import { Module } from '@nestjs/common';
import { RevaliWsModule } from 'nestjs-revali-ws';
import { AsyncApiModule } from 'nestjs-revali-ws-asyncapi';

import { ContentController } from './content.controller.js';
import { ProgressController } from './progress.controller.js';
import { Uploads } from './uploads.js';

/** One upload uses two connections: the first opens it and reports progress, the second carries the bytes. */
@Module({
  imports: [
    RevaliWsModule.forRoot(),
    AsyncApiModule.forRoot({ info: { title: 'Upload', version: '1.0.0' } }),
  ],
  controllers: [ProgressController, ContentController],
  providers: [Uploads],
})
export class AppModule {}
