import { Body, Controller } from '@nestjs/common';
import { ApiExtraModels, ApiProperty, ApiSchema, PartialType } from '@nestjs/swagger';
import { toJsonSchema } from '@valibot/to-json-schema';
import { type as ark } from 'arktype';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  Equals,
  IsArray,
  IsEmail,
  IsEnum,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { Receives, Sends, WebSocket } from 'nestjs-revali-ws';
import * as v from 'valibot';
import { z } from 'zod';
import { faultsOf } from './asyncapi.parser.js';
import { closeAllApps, documentOf } from './support.js';

enum Color {
  red = 'red',
  blue = 'blue',
}
enum Level {
  low,
  high = 5,
}

class Author {
  @ApiProperty()
  name!: string;

  @ApiProperty({ type: () => [Author] })
  friends: Author[] = [];
}

@ApiSchema({ name: 'Letter' })
class Post {
  @ApiProperty({ minimum: 1, exclusiveMinimum: true, example: 7 })
  id!: number;

  @ApiProperty({ nullable: true, enum: Color, enumName: 'Color' })
  color!: Color | null;

  @ApiProperty({ type: () => Author, nullable: true, description: 'Who wrote it' })
  author: Author | null = null;

  @ApiProperty({ type: 'object', additionalProperties: { type: 'string', nullable: true } })
  tags: Record<string, string | null> = {};
}
class PostPatch extends PartialType(Post) {}

class Address {
  @IsString()
  street!: string;
}

class Person {
  @Equals('person')
  readonly type!: 'person';

  @Length(1, 5)
  @Matches(/^[a-z]+$/)
  name!: string;

  @IsInt()
  @Min(0)
  @Max(150)
  @IsOptional()
  age?: number;

  @IsEnum(Color)
  color!: Color;

  @IsEnum(Level)
  level!: Level;

  @IsIn(['a', 'b'], { each: true })
  @ArrayMaxSize(2)
  letters!: string[];

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => Address)
  addresses!: Address[];

  @ValidateNested()
  home!: Address;
}

/** Swagger knows one of its properties, class-validator the other. */
class Mixed {
  @ApiProperty()
  known!: string;

  @IsEmail()
  email!: string;
}

@Controller()
class ClassController {
  @WebSocket('post')
  @Receives(Post, PostPatch)
  post(): void {}

  @WebSocket('person')
  person(@Body() _person: Person): Mixed {
    return new Mixed();
  }
}

const Tree = z
  .object({
    value: z.number(),
    get children() {
      return z.array(Tree);
    },
  })
  .meta({ title: 'Tree' });

@Controller()
class StandardController {
  @WebSocket('zod')
  @Receives(Tree)
  @Sends(z.object({ at: z.date() }))
  zod(): void {}

  @WebSocket('ark')
  @Receives({ schema: ark({ name: 'string > 0' }), name: 'Named', examples: [{ name: 'Ada' }] })
  ark(): void {}

  @WebSocket('valibot')
  @Receives(v.object({ text: v.string() }))
  valibot(): void {}
}

const HOSTILE = {
  type: ['string', 'nonsense'],
  pattern: '(',
  minLength: -1,
  required: 'all',
  $ref: 'https://evil.example/schema.json',
  enum: [{ $ref: 'file:///etc/passwd' }],
  default: { deep: [{ $ref: '#/nowhere' }] },
  properties: {
    __proto__: 5,
    constructor: { type: 'string', description: '<script>alert(1)</script>\u0000{{7*7}}' },
    lost: { $ref: '#/definitions/nowhere' },
    found: { $ref: '#/definitions/a~1b' },
    own: { $ref: '#' },
  },
  definitions: { 'a/b': { type: 'integer', exclusiveMinimum: true, minimum: 3 } },
  unknownKeyword: { $ref: 'https://evil.example' },
};

describe('Schemas', () => {
  afterEach(closeAllApps);

  it('of classes come from swagger, from class-validator, and from both', async () => {
    const document = await documentOf(ClassController);
    expect(await faultsOf(document)).toEqual([]);
    expect(document.components.schemas).toMatchObject({
      Letter: {
        type: 'object',
        properties: {
          id: { type: 'number', exclusiveMinimum: 1, examples: [7] },
          color: { anyOf: [{ $ref: '#/components/schemas/Color' }, { type: 'null' }] },
          author: {
            anyOf: [
              {
                type: 'object',
                description: 'Who wrote it',
                allOf: [{ $ref: '#/components/schemas/Author' }],
              },
              { type: 'null' },
            ],
          },
          tags: { type: 'object', additionalProperties: { type: ['string', 'null'] } },
        },
        required: ['id', 'color', 'author', 'tags'],
      },
      Author: {
        properties: { friends: { type: 'array', items: { $ref: '#/components/schemas/Author' } } },
      },
      Color: { type: 'string', enum: ['red', 'blue'] },
      Mixed: {
        properties: { known: { type: 'string' }, email: { type: 'string', format: 'email' } },
        required: ['known', 'email'],
      },
      Address: { properties: { street: { type: 'string' } }, required: ['street'] },
    });
    expect(document.components.schemas?.['PostPatch']).not.toHaveProperty('required');
    expect(document.components.schemas?.['Person']).toEqual({
      type: 'object',
      properties: {
        type: { type: 'string', const: 'person' },
        name: { type: 'string', minLength: 1, maxLength: 5, pattern: '^[a-z]+$' },
        age: { type: 'integer', minimum: 0, maximum: 150 },
        color: { type: 'string', enum: ['red', 'blue'] },
        level: { type: 'number', enum: [0, 5] },
        letters: { type: 'array', items: { enum: ['a', 'b'] }, maxItems: 2 },
        addresses: { type: 'array', items: { $ref: '#/components/schemas/Address' } },
        home: { $ref: '#/components/schemas/Address' },
      },
      required: ['type', 'name', 'color', 'level', 'letters', 'addresses', 'home'],
    });
  });

  it('of zod and arktype come from themselves, of valibot from the option', async () => {
    const document = await documentOf(StandardController, {
      schemas: (schema) =>
        'kind' in schema && schema.kind === 'schema'
          ? { ...toJsonSchema(v.object({ text: v.string() })) }
          : undefined,
    });
    expect(await faultsOf(document)).toEqual([]);
    const { messages } = document.components;
    expect(messages?.['Tree']).toMatchObject({ name: 'Tree', contentType: 'application/json' });
    expect(messages?.['Named']).toMatchObject({
      payload: { properties: { name: { type: 'string', minLength: 1 } } },
      examples: [{ payload: { name: 'Ada' } }],
    });
    expect(messages?.['StandardController_valibot_received']?.payload).toMatchObject({
      properties: { text: { type: 'string' } },
    });
    // JSON Schema knows no dates.
    expect(document.lines.join()).toMatch(/StandardController \(\/zod\): a schema of zod/);
  });

  it('that are hostile are data, and no part of them makes the document invalid', async () => {
    @Controller()
    class HostileController {
      @WebSocket('a')
      @Receives(HOSTILE)
      receive(): void {}
    }
    const document = await documentOf(HostileController);
    expect(await faultsOf(document)).toEqual([]);
    const text = JSON.stringify(document);
    expect(text).not.toMatch(/evil\.example|passwd|nowhere|unknownKeyword/);
    expect(document.lines.join('\n')).toMatch(/https:\/\/evil\.example\/schema\.json/);
    const [message] = Object.values(document.components.messages ?? {});
    expect(message?.payload).toMatchObject({
      properties: {
        constructor: { description: '<script>alert(1)</script>\u0000{{7*7}}' },
        found: { $ref: '#/components/schemas/a_b' },
      },
    });
    expect(document.components.schemas?.['a_b']).toEqual({ type: 'integer', exclusiveMinimum: 3 });
  });

  it('that are circles say nothing, and leave the others as they are', async () => {
    const circle: Record<string, unknown> = { type: 'object' };
    circle['properties'] = { self: circle };
    @Controller('circle')
    class CircleController {
      @WebSocket()
      @Receives({ schema: { type: 'string' }, name: 'Word', examples: [circle, 'fine'] })
      @Sends(circle)
      talk(): void {}
    }
    const document = await documentOf(CircleController);
    expect([...new Set(document.lines)]).toEqual([
      expect.stringMatching(/^CircleController.* is no JSON/),
    ]);
    expect(document.components?.messages?.['Word']).toMatchObject({
      payload: { type: 'string' },
      examples: [{ payload: 'fine' }],
    });
    expect(await faultsOf(document)).toEqual([]);
  });

  it('of two classes of one name are refused, wherever they are', async () => {
    const Other = Object.defineProperty(class {}, 'name', { value: 'Author' });
    @Controller()
    class TwiceController {
      @WebSocket()
      @ApiExtraModels(Other)
      @Receives(Post)
      receive(): void {}
    }
    await expect(documentOf(TwiceController)).rejects.toThrow(
      'Two classes are named Author, the second of them used by Post. Give one of them another name, or ' +
        '@ApiSchema({ name }) of @nestjs/swagger.',
    );
  });
});
