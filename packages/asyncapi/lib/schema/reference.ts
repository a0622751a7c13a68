/** Decodes the name in a step of a JSON Pointer (RFC 6901, section 4). */
export const nameOfStep = (step: string): string =>
  step.replaceAll('~1', '/').replaceAll('~0', '~');

/** The name at the end of a reference: `Say` in `#/components/schemas/Say`. */
export const lastNameOf = (reference: string): string =>
  nameOfStep(reference.slice(reference.lastIndexOf('/') + 1));
