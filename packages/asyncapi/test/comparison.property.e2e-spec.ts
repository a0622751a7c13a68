import * as fc from 'fast-check';
import { compareRoutes, type JsonSchema, type RouteChange } from 'nestjs-revali-ws-asyncapi';
import { runsOf } from '../../../test/support/property.runs.js';
import { documentOf, type RoutePlan } from './route.plan.js';

const word = fc.constantFrom('a', 'b', 'c', 'constructor', '__proto__');
const small = fc.integer({ min: 0, max: 9 });

const { schema } = fc.letrec<{ schema: JsonSchema }>((tie) => ({
  schema: fc.oneof(
    { depthSize: 'small' },
    fc.constant({}),
    fc.record({ type: fc.constantFrom('string', 'number', 'integer', 'boolean', 'null') }),
    fc.record({ type: fc.constant(['string', 'null']) }),
    fc.record({ type: fc.constant('string'), minLength: small, maxLength: small }),
    fc.record({
      type: fc.constant('number'),
      minimum: small,
      maximum: small,
      multipleOf: fc.constantFrom(1, 2),
    }),
    fc.record({
      enum: fc.uniqueArray(fc.oneof(word, small, fc.constant(null)), {
        minLength: 1,
        maxLength: 3,
      }),
    }),
    fc.record({ const: fc.oneof(word, small) }),
    fc.record({ $ref: fc.constantFrom('#/components/schemas/Tree', '#/components/schemas/Loop') }),
    fc.record({ type: fc.constant('array'), items: tie('schema') }),
    fc.record(
      {
        type: fc.constant('object'),
        properties: fc.dictionary(word, tie('schema'), { maxKeys: 3 }),
        required: fc.uniqueArray(word, { maxLength: 2 }),
        additionalProperties: fc.oneof(fc.boolean(), tie('schema')),
      },
      { requiredKeys: ['type'] },
    ),
    fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ allOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }),
  ),
}));

const SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  Tree: {
    type: 'object',
    properties: { children: { type: 'array', items: { $ref: '#/components/schemas/Tree' } } },
  },
  Loop: { anyOf: [{ $ref: '#/components/schemas/Loop' }, { $ref: '#/components/schemas/Tree' }] },
};

const change = (before: RoutePlan, after: RoutePlan): Promise<RouteChange[]> =>
  compareRoutes(documentOf(after, SCHEMAS), documentOf(before, SCHEMAS));

/** As a message whose name is not taken for the schema's. */
const receives = (payload: JsonSchema): RoutePlan => ({ receives: { Say: { payload } } });
const sends = (payload: JsonSchema): RoutePlan => ({ sends: { Said: { payload } } });

const levelsOf = (changes: readonly RouteChange[]): string[] => changes.map(({ level }) => level);

describe('A comparison of any two documents', () => {
  it('finds nothing where they are the same', async () => {
    await fc.assert(
      fc.asyncProperty(schema, async (one) => {
        const plan = { ...receives(one), ...sends(one), query: one };
        expect(await change(plan, plan)).toEqual([]);
      }),
      runsOf(300),
    );
  });

  it('finds nothing that breaks where more is taken', async () => {
    await fc.assert(
      fc.asyncProperty(schema, schema, async (one, other) => {
        const levels = levelsOf(await change(receives(one), receives({ anyOf: [one, other] })));
        expect(levels).not.toContain('breaking');
      }),
      runsOf(300),
    );
  });

  it('finds nothing that breaks where less is sent', async () => {
    await fc.assert(
      fc.asyncProperty(schema, schema, async (one, other) => {
        const levels = levelsOf(await change(sends({ anyOf: [one, other] }), sends(one)));
        expect(levels).not.toContain('breaking');
      }),
      runsOf(300),
    );
  });

  it('finds what is the opposite in the opposite direction', async () => {
    await fc.assert(
      fc.asyncProperty(schema, schema, async (one, other) => {
        const isNoticed = (await change(receives(one), receives(other))).length > 0;
        expect((await change(receives(other), receives(one))).length > 0).toBe(isNoticed);
        expect((await change(sends(one), sends(other))).length > 0).toBe(isNoticed);
      }),
      runsOf(300),
    );
  });
});
