// Many routes.  routes.js --count 1000 [--kind ws|http] [--platform express|fastify]
import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { Controller, Get, Module, Param } from '@nestjs/common';
import { RevaliWsModule, WebSocket } from 'nestjs-revali-ws';
import { serve } from './control.js';
import { createApp, listenApp } from './listening.js';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1' },
    kind: { type: 'string', default: 'ws' },
    platform: { type: 'string', default: 'express' },
  },
});

const route = values.kind === 'http' ? Get : WebSocket;

@Controller()
class ManyRoutesController {}

for (let index = 0; index < Number(values.count); index += 1) {
  const { prototype } = ManyRoutesController;
  const name = `handle${index}`;
  const descriptor: PropertyDescriptor = { value: (id: unknown) => id, configurable: true };
  Object.defineProperty(prototype, name, descriptor);
  Reflect.defineMetadata('design:paramtypes', [String], prototype, name);
  Param('id')(prototype, name, 0);
  route(`items-${index}/:id`)(prototype, name, descriptor);
}

@Module({
  imports: values.kind === 'http' ? [] : [RevaliWsModule.forRoot()],
  controllers: [ManyRoutesController],
})
class ManyRoutesModule {}

serve(async () => listenApp(await createApp(ManyRoutesModule, values.platform)));
