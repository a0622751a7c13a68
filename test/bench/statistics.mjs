export function medianOf(values) {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The median of the ratios of each round: what disturbs a round disturbs both of its samples. */
export const medianRatio = (samples, baseSamples, key) =>
  medianOf(samples.map((sample, round) => sample[key] / baseSamples[round][key]));
