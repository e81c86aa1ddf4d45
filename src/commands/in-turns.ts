// Runs jobs one after the other, in the order they were given. A job that has nothing before it runs at once, up to its
// first `yield`; each later part runs in a turn of the event loop of its own, with queries answered in between.

export class InTurns {
  readonly #jobs: Iterator<void>[] = [];
  #next: NodeJS.Immediate | undefined;
  #isRunning = false;

  add(job: Iterable<void> | (() => void)): void {
    this.#jobs.push(typeof job === 'function' ? inOnePart(job) : job[Symbol.iterator]());
    if (this.#next === undefined && !this.#isRunning) this.#run();
  }

  /** Forgets what has not run. */
  close(): void {
    clearImmediate(this.#next);
    this.#jobs.length = 0;
  }

  #run(): void {
    this.#next = undefined;
    this.#isRunning = true;
    try {
      for (let job = this.#jobs[0]; job !== undefined; job = this.#jobs[0]) {
        if (job.next().done) {
          this.#jobs.shift();
        } else {
          this.#next = setImmediate(() => this.#run());
          return;
        }
      }
    } finally {
      this.#isRunning = false;
    }
  }
}

function inOnePart(action: () => void): Iterator<void> {
  return {
    next: () => {
      action();
      return { done: true, value: undefined };
    },
  };
}
