import {
  BadRequestException,
  Injectable,
  ValidationPipe,
  type ArgumentMetadata,
  type Type,
} from '@nestjs/common';

/** A `ValidationPipe` for a union of classes: the message's `type` says which of them it is to be. */
@Injectable()
export class DiscriminatedPipe extends ValidationPipe {
  private readonly classes: ReadonlyMap<unknown, Type<object>>;

  constructor(classes: Readonly<Record<string, Type<object>>>) {
    super({ transform: true, whitelist: true, forbidNonWhitelisted: true });
    // A map, since an object would also know the type "constructor".
    this.classes = new Map(Object.entries(classes));
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const metatype = this.classes.get(typeOf(value));
    if (!metatype) {
      throw new BadRequestException(`type must be one of: ${[...this.classes.keys()].join(', ')}`);
    }
    const validated: unknown = await super.transform(value, { ...metadata, metatype });
    return validated;
  }
}

function typeOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
}
