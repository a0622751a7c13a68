import { VERSION_NEUTRAL, VersioningType } from '@nestjs/common';

import { Random } from '../../random.js';
import type {
  ControllerShape,
  EnhancerShapes,
  FilterShape,
  Form,
  MiddlewareShape,
  ModuleShape,
  ParameterShape,
  PartShape,
  RouteShape,
  Shape,
  Version,
} from './shape.js';

/** Few names, so that paths overlap. */
const SEGMENTS = ['a', 'b', 'c', ':x', ':y'] as const;

/** Makes an application of what a seed says. */
export class ShapeMaker {
  private count = 0;
  private versioning: Shape['versioning'];

  constructor(private readonly random: Random) {}

  make(): Shape {
    const { random } = this;
    this.versioning = random.chance(0.4)
      ? {
          type: random.pick([
            VersioningType.URI,
            VersioningType.HEADER,
            VersioningType.MEDIA_TYPE,
            VersioningType.CUSTOM,
          ]),
          defaultVersion: this.version(),
        }
      : undefined;
    const exclude = random.chance(0.5) ? ['a', 'b/:x'] : [];
    return {
      prefix: random.chance(0.3)
        ? { path: random.pick(['api', 'a', 'v/api']), exclude }
        : undefined,
      versioning: this.versioning,
      uses: this.some(2, 0.3, () => this.part('used', ['instance'])),
      globals: this.enhancers(0.25, ['instance']),
      provided: this.enhancers(0.2, ['class', 'scoped']),
      root: this.module(2),
    };
  }

  private module(depth: number): ModuleShape {
    const { random } = this;
    return {
      name: this.name('Module'),
      path: depth < 2 && random.chance(0.3) ? random.pick(['m', 'a', ':m']) : undefined,
      isGlobal: random.chance(0.1),
      controllers: this.some(2, 0.8, () => this.controller()),
      middleware: this.some(2, 0.4, () => this.middleware()),
      imports: depth > 0 ? this.some(2, 0.5, () => this.module(depth - 1)) : [],
    };
  }

  private middleware(): MiddlewareShape {
    const { random } = this;
    const forms = ['instance', 'class', 'scoped'] as const;
    return {
      parts: [
        this.part('middleware', forms),
        ...this.some(1, 0.3, () => this.part('middleware', forms)),
      ],
      excluded: random.chance(0.2) ? [random.pick(['a', 'a/b', ':x/a', 'b/*rest'])] : [],
      to: random.chance(0.5)
        ? 'controllers'
        : [random.pick(['{*all}', 'a', 'a/:x', ':x', 'b/*rest', 'a/*rest'])],
    };
  }

  private controller(): ControllerShape {
    const { random } = this;
    return {
      name: this.name('Controller'),
      paths: random.pick([[''], ['a'], ['b'], [':z'], ['a', 'b'], ['a/b']]),
      host: random.chance(0.15) ? random.pick(['a.example.com', ':h.example.com']) : undefined,
      version: this.versioning && random.chance(0.5) ? this.version() : undefined,
      isScoped: random.chance(0.15),
      enhancers: this.enhancers(0.2, ['instance', 'class', 'scoped']),
      routes: [this.route(), ...this.some(2, 0.6, () => this.route())],
    };
  }

  private route(): RouteShape {
    const { random } = this;
    return {
      name: this.name('route'),
      paths: random.chance(0.15) ? [this.path(), this.path()] : [this.path()],
      version: this.versioning && random.chance(0.3) ? this.version() : undefined,
      enhancers: this.enhancers(0.15, ['instance', 'class', 'scoped']),
      parameters: this.some(3, 0.5, () => this.parameter()),
      result: random.pick(['value', 'promise', 'observable']),
    };
  }

  private path(): string {
    const { random } = this;
    const segments = this.some(3, 0.6, () => random.pick(SEGMENTS));
    // One name means one parameter.
    const unique = segments.filter(
      (one, at) => !one.startsWith(':') || segments.indexOf(one) === at,
    );
    const own = random.chance(0.4) ? [this.name('own')] : [];
    const rest = random.chance(0.1) ? ['*rest'] : [];
    return [...unique, ...own, ...rest].join('/');
  }

  private parameter(): ParameterShape {
    const [source, key] = this.random.pick<readonly [ParameterShape['source'], string]>([
      ['param', 'x'],
      ['query', 'q'],
      ['headers', 'x-value'],
      ['custom', 'c'],
    ]);
    return { source, key, pipes: this.some(2, 0.3, () => this.part('pipe')) };
  }

  private version(): Version {
    return this.random.pick<Version>(['1', '2', ['1', '2'], VERSION_NEUTRAL, undefined]);
  }

  private enhancers(chance: number, forms: readonly [Form, ...Form[]]): EnhancerShapes {
    return {
      guards: this.some(2, chance, () => this.part('guard', forms)),
      interceptors: this.some(2, chance, () => this.part('interceptor', forms)),
      pipes: this.some(1, chance, () => this.part('pipe', forms)),
      filters: this.some(2, chance, () => this.filter(forms)),
    };
  }

  private part(kind: string, forms: readonly [Form, ...Form[]] = ['instance', 'class']): PartShape {
    const { random } = this;
    return { name: this.name(kind), form: random.pick(forms), isAsync: random.chance(0.3) };
  }

  private filter(forms: readonly [Form, ...Form[]]): FilterShape {
    return {
      ...this.part('filter', forms),
      catches: this.random.pick(['everything', 'HttpException', 'ForbiddenException']),
      isThrowing: this.random.chance(0.15),
    };
  }

  private some<T>(most: number, chance: number, make: () => T): T[] {
    const made: T[] = [];
    while (made.length < most && this.random.chance(chance)) made.push(make());
    return made;
  }

  private name(kind: string): string {
    this.count += 1;
    return `${kind}${this.count}`;
  }
}
