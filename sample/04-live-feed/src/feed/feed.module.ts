import { Module } from '@nestjs/common';

import { FeedController } from './feed.controller.js';
import { Meters } from './meters.js';
import { Sensor } from './sensor.js';
import { SlowReaderController } from './slow-reader.controller.js';

@Module({
  controllers: [FeedController, SlowReaderController],
  providers: [Sensor, Meters],
})
export class FeedModule {}
