import { Module } from '@nestjs/common';
import { RevaliWsModule } from 'nestjs-revali-ws';

import { UploadController } from './upload.controller.js';
import { Uploads } from './uploads.js';

@Module({
  imports: [RevaliWsModule.forRoot()],
  controllers: [UploadController],
  providers: [Uploads],
})
export class AppModule {}
