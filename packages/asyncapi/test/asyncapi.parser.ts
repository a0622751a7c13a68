import { Parser } from '@asyncapi/parser';
import { Ajv, type AnySchema, type ValidateFunction } from 'ajv';

compileOnce();
const parser = new Parser();
/** Errors and warnings. */
const FAULTS: ReadonlySet<number> = new Set([0, 1]);

/** What `@asyncapi/parser` has against a document. `asyncapi validate` of `@asyncapi/cli` asks nothing else. */
export async function faultsOf(document: unknown): Promise<string[]> {
  const text = typeof document === 'string' ? document : JSON.stringify(document);
  const diagnostics = await parser.validate(text);
  return diagnostics
    .filter(({ severity }) => FAULTS.has(severity))
    .map(({ code, message, path }) => `${String(code)} at ${path.join('/')}: ${message}`);
}

/** The parser compiles the schema of AsyncAPI itself anew for each document, which takes most of its time. */
function compileOnce(): void {
  const { compile } = Ajv.prototype;
  const compiled = new WeakMap<object, ValidateFunction>();
  function compileCached(this: Ajv, schema: AnySchema, meta?: boolean): ValidateFunction {
    if (typeof schema !== 'object') return compile.call(this, schema, meta);
    const present = compiled.get(schema);
    if (present) return present;
    const made = compile.call(this, schema, meta);
    const $id: unknown = schema.$id;
    if (typeof $id === 'string' && $id.startsWith('http://asyncapi.com/'))
      compiled.set(schema, made);
    return made;
  }
  Reflect.set(Ajv.prototype, 'compile', compileCached);
}
