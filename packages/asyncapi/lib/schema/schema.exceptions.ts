/** Thrown if two classes have the same name: a reference could mean either. */
export class DuplicateSchemaNameException extends Error {
  override readonly name = 'DuplicateSchemaNameException';

  /** @param where The place that uses the second class. */
  constructor(schema: string, where: string) {
    super(
      `Two classes are named ${schema}, the second of them used by ${where}. ` +
        `Give one of them another name, or @ApiSchema({ name }) of @nestjs/swagger.`,
    );
  }
}
