/**
 * How often fast-check tries a model, and with which seed: the same one each time, as what another one finds is nothing
 * that a change has broken. The environment variables `SEED` and `RUNS` look further.
 */
export function runsOf(numRuns: number): { readonly seed: number; readonly numRuns: number } {
  return { seed: numberFrom('SEED') ?? 1, numRuns: numberFrom('RUNS') ?? numRuns };
}

function numberFrom(name: string): number | undefined {
  const given = Number(process.env[name]);
  return Number.isInteger(given) && given > 0 ? given : undefined;
}
