import * as common from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { NEST_MAJOR } from '../../support/nest-version.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

const { Body, Controller, Param, Query } = common;

/** A standard schema by hand: a list of names, sent as text with commas between them. */
const namesSchema = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: async (value: unknown) => {
      await new Promise(setImmediate);
      return typeof value === 'string' && value.length > 0
        ? { value: value.split(',') }
        : { issues: [{ message: 'is not a list of names', path: ['names'] }] };
    },
  },
} as const;

const numberSchema = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value: unknown) =>
      Number.isFinite(Number(value))
        ? { value: Number(value) }
        : { issues: [{ message: 'must be a number' }] },
  },
} as const;

type Decorated = (...args: unknown[]) => ParameterDecorator;

/** Nest 11's types know no such options. */
const decorate = (decorator: unknown, ...args: unknown[]): ParameterDecorator =>
  (decorator as Decorated)(...args);

@Controller('schemas')
class Schemas {
  @WebSocket('whole/:id')
  whole(
    @decorate(Body, { schema: namesSchema }) names: string,
    @decorate(Param, 'id', { schema: numberSchema }) id: unknown,
    @decorate(Query, 'n', { schema: numberSchema }) n: unknown,
  ): unknown {
    return { names, id, n };
  }

  @WebSocket('field')
  field(@decorate(Body, 'list', { schema: namesSchema }) names: string): unknown {
    return { names };
  }
}

@Controller('schemas')
class WholeBodies {
  @WebSocket('whole')
  whole(@decorate(Body, { schema: namesSchema }) names: string): unknown {
    return { names };
  }
}

function schemaPipe(): common.PipeTransform {
  const Pipe: unknown = Reflect.get(common, 'StandardSchemaValidationPipe');
  if (typeof Pipe !== 'function') throw new Error('Nest 12 has a StandardSchemaValidationPipe');
  return Reflect.construct(Pipe, []) as common.PipeTransform;
}

if (NEST_MAJOR >= 12) {
  describe.each(platforms)('{ schema } on $name', (platform) => {
    afterEach(closeAllApps);

    const start = () =>
      startApp(platform, {
        controllers: [Schemas],
        configure: (app) => {
          app.useGlobalPipes(schemaPipe());
        },
      });

    it('validates and transforms bodies, fields and handshake values', async () => {
      const app = await start();
      const whole = await app.connect('schemas/whole/7?n=8');
      whole.send('Ann,Bob');
      expect(await whole.json()).toEqual({ names: ['Ann', 'Bob'], id: 7, n: 8 });
      const field = await app.connect('schemas/field');
      field.sendJson({ list: 'Ann,Bob' });
      expect(await field.json()).toEqual({ names: ['Ann', 'Bob'] });
    });

    it.each([
      ['whole/7?n=8', '', 'Bad Request Exception'],
      ['whole/x?n=8', 'Ann', 'Bad Request Exception'],
      ['field', '{"list":1}', 'Bad Request Exception'],
    ])('closes with 1007 where %s gets %p', async (path, payload, reason) => {
      const app = await start();
      const client = await app.connect(`schemas/${path}`);
      client.send(payload);
      expect(await client.closed).toMatchObject({ code: 1007, reason });
    });
  });
} else {
  describe.each(platforms)('{ schema }, which Nest 11 does not know, on $name', (platform) => {
    afterEach(closeAllApps);

    it('leaves the body as it is', async () => {
      const app = await startApp(platform, { controllers: [WholeBodies] });
      const client = await app.connect('schemas/whole');
      client.send('Ann,Bob');
      expect(await client.json()).toEqual({ names: 'Ann,Bob' });
    });
  });
}
