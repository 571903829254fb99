// Pyodide with iamsim. Files come from the folder of the page, once.
import { loadPyodide } from "./vendor/pyodide/pyodide.mjs";

const here = (path) => new URL(path, import.meta.url).href;
const SITE = "/iamsim-site";
// What needs the rest of the packages, and the corpus.
const LATER = new Set(["drop", "ask_world", "course", "step", "predict", "solve", "exercise", "grade", "hand_out"]);
let later = null;

// A connection that breaks off is tried again: what comes later comes once in a page's life.
async function bytes(path, tries = 3) {
  try {
    const response = await fetch(here(path));
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    if (tries === 1) throw error;
    return bytes(path, tries - 1);
  }
}

async function start() {
  postMessage({ kind: "loading", part: "loading-python", share: 0.1 });
  const packages = Promise.all(["packages/iamsim.zip", "vendor/python/first.zip"].map((path) => bytes(path)));
  const python = await loadPyodide({ indexURL: here("vendor/pyodide/"), env: { HOME: "/home/pyodide" } });
  postMessage({ kind: "loading", part: "loading-iamsim", share: 0.6 });
  for (const archive of await packages) python.unpackArchive(archive, "zip", { extractDir: SITE });
  python.runPython(`import sys; sys.path.insert(0, "${SITE}")`);
  postMessage({ kind: "loading", part: "loading-iamsim", share: 0.8 });
  const answer = python.runPython("from iamsim.play.worker import answer; answer");
  postMessage({ kind: "ready" });
  return { python, answer };
}

async function loadLater(python) {
  postMessage({ kind: "loading", part: "loading-more", share: 0.5 });
  for (const archive of await Promise.all(["packages/corpus.zip", "vendor/python/more.zip"].map((path) => bytes(path)))) {
    python.unpackArchive(archive, "zip", { extractDir: SITE });
  }
  python.runPython("import importlib; importlib.invalidate_caches()");
  postMessage({ kind: "loading", part: "ready", share: 1 });
}

const started = start();
started.catch((error) => postMessage({ kind: "failed", why: String(error.message ?? error) }));

self.addEventListener("message", async (event) => {
  const { number, method, text } = event.data;
  const { python, answer } = await started;
  let told;
  try {
    if (LATER.has(method)) await (later ??= loadLater(python).catch((error) => { later = null; throw error; }));
    told = answer(method, text);
  } catch (error) {
    told = JSON.stringify({ fault: { code: "internal-error", message: String(error.message ?? error), hint: null } });
  }
  postMessage({ kind: "answer", number, text: told });
});
