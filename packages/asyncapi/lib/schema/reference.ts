/** The name that a step of a JSON Pointer stands for (RFC 6901, section 4). */
export const nameOfStep = (step: string): string =>
  step.replaceAll('~1', '/').replaceAll('~0', '~');

/** The name that a reference ends with: `Say` of `#/components/schemas/Say`. */
export const lastNameOf = (reference: string): string =>
  nameOfStep(reference.slice(reference.lastIndexOf('/') + 1));
