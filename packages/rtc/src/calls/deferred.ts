/** A value that comes later, once. Nobody has to wait for it. */
export class Deferred<T> {
  readonly promise: Promise<T>;
  #value: T | null = null;
  #resolve!: (value: T) => void;
  #reject!: (error: Error) => void;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.promise.catch(() => {});
  }

  /** The value, or null until it has come. */
  value(): T | null {
    return this.#value;
  }

  resolve(value: T): void {
    this.#value = value;
    this.#resolve(value);
  }

  /** No value will come; without effect when it has come. */
  reject(error: Error): void {
    this.#reject(error);
  }
}
