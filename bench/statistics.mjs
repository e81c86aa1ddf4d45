// The few figures that stand for many: medians over rounds, percentiles over queries.

/**
 * The value below which the given share of the values lies (nearest rank).
 *
 * @param {readonly number[] | Float64Array} sorted rising
 * @param {number} share 0 to 1
 * @returns {number | undefined} undefined without values
 */
export function percentile(sorted, share) {
  if (sorted.length === 0) return undefined;
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))];
}

/**
 * The middle value; the mean of the two in the middle of an even number.
 *
 * @param {readonly (number | undefined)[]} values those that are undefined are left out
 * @returns {number | undefined} undefined without values
 */
export function median(values) {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  const middle = sorted.length >>> 1;
  if (sorted.length % 2 === 1 || sorted.length === 0) return sorted[middle];
  return (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Numbers from 0 up to but not including 1 that are the same in every run (a linear congruential generator, with the
 * constants of "Numerical Recipes").
 *
 * @param {number} seed
 * @returns {() => number}
 */
export function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
