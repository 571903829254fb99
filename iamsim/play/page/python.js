// Python in a worker. Of questions of one kind that wait, only the newest is asked.
import { language } from "./words.js";

export class Python {
  #worker;
  #waiting = new Map();
  #running = null;
  #number = 0;
  #ready = false;

  constructor(tell) {
    // A worker of a blob inherits the page's content security policy on every host.
    const source = `import ${JSON.stringify(new URL("worker.js", import.meta.url).href)};`;
    const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    this.#worker = new Worker(address, { type: "module" });
    this.#worker.addEventListener("message", (event) => this.#take(event.data, tell));
    this.#worker.addEventListener("error", (event) => tell({ kind: "failed", why: event.message || "the worker" }));
  }

  // Resolves with the answer, or with null where a newer question took its place.
  ask(method, data, kind = method) {
    return new Promise((resolve) => {
      this.#waiting.get(kind)?.resolve(null);
      this.#waiting.set(kind, { method, text: JSON.stringify({ language, ...data }), files: data.files, resolve });
      this.#next();
    });
  }

  #take(message, tell) {
    if (message.kind !== "answer") {
      if (message.kind === "ready") this.#ready = true;
      tell(message);
      this.#next();
      return;
    }
    const asked = this.#running;
    this.#running = null;
    asked.resolve(JSON.parse(message.text));
    this.#next();
  }

  #next() {
    this.#start();
    // Tests and people who measure: how many questions have no answer yet.
    document.documentElement.dataset.waiting = String(this.#waiting.size + (this.#running ? 1 : 0));
  }

  #start() {
    if (!this.#ready || this.#running || this.#waiting.size === 0) return;
    const kind = this.#waiting.has("explain") ? "explain" : this.#waiting.keys().next().value;
    this.#running = this.#waiting.get(kind);
    this.#waiting.delete(kind);
    this.#number += 1;
    const { method, text } = this.#running;
    this.#worker.postMessage({ number: this.#number, method, text });
  }
}
