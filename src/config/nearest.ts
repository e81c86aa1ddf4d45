// Suggestions for a mistyped word: the nearest of the words that would have been right.

/** Edits. Three turn most four-letter words into one another. */
const EDITS_MAX = 2;

/** The candidate that the fewest edits lead to; undefined when all are too far off to have been meant. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestEdits = EDITS_MAX + 1;
  for (const candidate of candidates) {
    // At least half of the word must be right: two edits turn "x" into "udp".
    const edits = countEdits(word, candidate);
    if (edits < bestEdits && 2 * edits <= word.length) {
      best = candidate;
      bestEdits = edits;
    }
  }
  return best;
}

/** Characters to insert, delete, replace or swap with their neighbour (optimal string alignment distance). */
function countEdits(from: string, to: string): number {
  // A long word is near to none, and must not cost the square of its length.
  if (Math.abs(from.length - to.length) > EDITS_MAX) return EDITS_MAX + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = from[row - 1] === to[column - 1] ? 0 : 1;
      const edits = Math.min(
        cell(last, column) + 1,
        cell(current, column - 1) + 1,
        cell(last, column - 1) + replaced,
        from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
          ? cell(beforeLast, column - 2) + 1
          : EDITS_MAX + 1,
      );
      current.push(edits);
    }
    beforeLast = last;
    last = current;
  }
  return cell(last, to.length);
}

function cell(row: readonly number[], column: number): number {
  return row[column] ?? EDITS_MAX + 1;
}
