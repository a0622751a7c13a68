/** Two classes of one name: each would stand for the other. */
export class DuplicateSchemaNameException extends Error {
  override readonly name = 'DuplicateSchemaNameException';

  /** @param where Who uses the second. */
  constructor(schema: string, where: string) {
    super(
      `Two classes are named ${schema}, the second of them used by ${where}. ` +
        `Give one of them another name, or @ApiSchema({ name }) of @nestjs/swagger.`,
    );
  }
}
