/** @param wanted As shares: 0.5 is the median. */
export function quantilesOf(values, wanted) {
  const sorted = values.toSorted((left, right) => left - right);
  return wanted.map(
    (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))],
  );
}
