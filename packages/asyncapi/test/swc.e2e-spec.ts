import { Controller } from '@nestjs/common';
import { ApiOperation, ApiResponse, SwaggerModule } from '@nestjs/swagger';
import { WebSocket } from 'nestjs-revali-ws';
import { faultsOf } from './asyncapi.parser.js';
import { closeAllApps, documentOf } from './support.js';

class Line {}
class Page {}

class LinesController {
  @WebSocket('one')
  one(): unknown {
    return {};
  }

  @WebSocket('many')
  many(): unknown {
    return [];
  }
}

@Controller('lines')
class MoreLinesController extends LinesController {
  @WebSocket('said')
  @ApiOperation({ summary: 'What is said' })
  @ApiResponse({ status: 200, type: Page })
  said(): unknown {
    return {};
  }
}

/** As `nest build` writes it into `metadata.ts` where SWC compiles. */
const METADATA = {
  '@nestjs/swagger': {
    models: [
      [
        Promise.resolve({ Line, Page }),
        {
          Line: { text: { required: true, type: () => String } },
          Page: { lines: { required: true, type: () => [Line] } },
        },
      ],
    ],
    controllers: [
      [
        Promise.resolve({ LinesController, MoreLinesController }),
        {
          LinesController: {
            one: { summary: 'Gives one', type: Line },
            many: { deprecated: true, type: [Line] },
          },
          MoreLinesController: {
            said: { summary: 'What the comment says', description: 'More of it', type: Line },
          },
        },
      ],
    ],
  },
};

describe('What the CLI plugin of swagger writes for SWC', () => {
  afterAll(closeAllApps);

  it('is known of schemas, results and texts, and decorators have the last word', async () => {
    await SwaggerModule.loadPluginMetadata(() => Promise.resolve(METADATA));
    const document = await documentOf(MoreLinesController);
    expect(await faultsOf(document)).toEqual([]);
    const { channels, components } = document;
    expect(channels['MoreLinesController_one']).toMatchObject({ summary: 'Gives one' });
    expect(channels['MoreLinesController_said']).toMatchObject({
      summary: 'What is said',
      description: 'More of it',
    });
    expect(components?.schemas).toEqual({
      Line: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
      Page: {
        type: 'object',
        properties: { lines: { type: 'array', items: { $ref: '#/components/schemas/Line' } } },
        required: ['lines'],
      },
    });
    const payloads = Object.values(components?.messages ?? {}).map(({ payload }) => payload);
    expect(payloads).toContainEqual({ $ref: '#/components/schemas/Page' });
    expect(payloads).toContainEqual({
      type: 'array',
      items: { $ref: '#/components/schemas/Line' },
    });
  });
});
