// The locks of browsers for Node, which has none before version 24: exclusive ones, in order, with signals and stealing.
class Locks {
  #held = new Map();
  #queues = new Map();

  request(name, options, callback) {
    if (!callback) [options, callback] = [{}, options];
    return new Promise((resolve, reject) => {
      const entry = { callback, resolve, reject };
      if (options.signal?.aborted) return reject(options.signal.reason);
      const queue = this.#queues.get(name) ?? this.#queues.set(name, []).get(name);
      if (options.steal) {
        this.#held.get(name)?.reject(new DOMException("stolen", "AbortError"));
        this.#held.delete(name);
        queue.unshift(entry);
      } else {
        queue.push(entry);
        options.signal?.addEventListener("abort", () => {
          if (!queue.includes(entry)) return;
          queue.splice(queue.indexOf(entry), 1);
          reject(options.signal.reason);
        });
      }
      queueMicrotask(() => this.#grant(name));
    });
  }

  async #grant(name) {
    if (this.#held.has(name)) return;
    const entry = this.#queues.get(name)?.shift();
    if (!entry) return;
    this.#held.set(name, entry);
    try {
      entry.resolve(await entry.callback({ name }));
    } catch (error) {
      entry.reject(error);
    }
    if (this.#held.get(name) !== entry) return;
    this.#held.delete(name);
    this.#grant(name);
  }
}

class Storage {
  #items = new Map();
  getItem = key => this.#items.get(key) ?? null;
  setItem = (key, value) => void this.#items.set(key, String(value));
  clear = () => this.#items.clear();
}

/** Makes of this process a browser: every subscription is a tab. */
export function beBrowser() {
  Object.defineProperty(globalThis, "navigator", { value: { locks: new Locks() }, configurable: true });
  globalThis.sessionStorage = new Storage();
  globalThis.localStorage = new Storage();
}
