// Waiting for a condition instead of for a time.

/** Milliseconds; a test on a busy machine polls often enough and costs it little. */
const POLL_MS = 10;

/** Resolves once the condition holds; rejects with its description when it does not within `deadlineMs`. */
export async function until(
  description: string,
  condition: () => boolean | Promise<boolean>,
  deadlineMs = 15_000,
): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${deadlineMs} ms: ${description}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
