// Lets a limited number of tasks run at one time, the others in the order in which they came.

export class Gate {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  /** @param places tasks at one time */
  constructor(places: number) {
    this.#free = places;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      // The place is handed on, so that nobody who comes now takes it from the one who waited.
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
