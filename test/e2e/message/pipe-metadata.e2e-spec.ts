import {
  Controller,
  createParamDecorator,
  Get,
  type ArgumentMetadata,
  type PipeTransform,
} from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

const Given = createParamDecorator((data: unknown) => ({ data }));

class MetadataPipe implements PipeTransform {
  transform(_value: unknown, { type, data }: ArgumentMetadata): object {
    return { type, data };
  }
}

@Controller('house')
class HouseController {
  @Get('door')
  @WebSocket('door', { triggerOnConnect: true })
  enter(
    @Given({ role: 'admin' }, MetadataPipe) one: object,
    @Given('text', MetadataPipe) two: object,
  ): object {
    return { one, two };
  }
}

describe.each(platforms)('what a pipe is told of a decorator on $name', (platform) => {
  afterEach(closeAllApps);

  it('is what it is told over HTTP', async () => {
    const app = await startApp(platform, { controllers: [HouseController] });
    const client = await app.connect('/house/door');
    const expected = {
      one: { type: 'custom', data: { role: 'admin' } },
      two: { type: 'custom', data: 'text' },
    };
    expect(await client.json()).toEqual(expected);
    expect(JSON.parse((await app.get('/house/door')).body)).toEqual(expected);
  });
});
