/**
 * Brings something to the latest wish, one step at a time. Wishes that come while a step runs replace each other; a step
 * that fails takes the wish back, unless a newer one has come.
 */
export class Reconciler<T> {
  readonly #step: (wish: T, actual: T) => Promise<unknown>;
  readonly #isSame: (one: T, other: T) => boolean;
  #actual: T;
  #wish: T;
  #running: Promise<void> | null = null;

  constructor(
    actual: T,
    step: (wish: T, actual: T) => Promise<unknown>,
    isSame: (one: T, other: T) => boolean = Object.is,
  ) {
    this.#actual = actual;
    this.#wish = actual;
    this.#step = step;
    this.#isSame = isSame;
  }

  /** What has been reached. */
  actual(): T {
    return this.#actual;
  }

  /** What shall be. */
  wish(): T {
    return this.#wish;
  }

  /** Fulfilled when the latest wish is reached; rejected with what its step was rejected with. */
  want(wish: T): Promise<void> {
    this.#wish = wish;
    if (this.#running === null) {
      if (this.#isSame(wish, this.#actual)) return Promise.resolve();
      this.#running = this.#run();
    }
    return this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (!this.#isSame(this.#wish, this.#actual)) {
        const target = this.#wish;
        try {
          await this.#step(target, this.#actual);
          this.#actual = target;
        } catch (error) {
          if (this.#wish === target) {
            this.#wish = this.#actual;
            throw error;
          }
        }
      }
    } finally {
      this.#running = null;
    }
  }
}
