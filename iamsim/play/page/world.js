// The tab about a world.
import { at, badge, faultText, put, say } from "./show.js";
import { t } from "./words.js";

const MOST_BYTES = 64_000_000;

async function contents(files) {
  const told = [];
  let size = 0;
  for (const file of files) {
    size += file.size;
    if (size > MOST_BYTES) throw new Error(`${file.name}: ${t("bytes", MOST_BYTES / 1e6)}`);
    const bytes = new Uint8Array(await file.arrayBuffer());
    let text = "";
    for (let start = 0; start < bytes.length; start += 0x8000) text += String.fromCharCode(...bytes.subarray(start, start + 0x8000));
    told.push({ name: file.webkitRelativePath || file.name, content: btoa(text) });
  }
  return told;
}

export class World {
  #python;
  #last = null;
  #read = null;

  constructor(python) {
    this.#python = python;
    const drop = at("p-drop");
    drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
    drop.addEventListener("dragleave", () => drop.classList.remove("over"));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      this.#take(event.dataTransfer.files);
    });
    // A file beside the place for files does not replace the page.
    window.addEventListener("dragover", (event) => event.preventDefault());
    window.addEventListener("drop", (event) => event.preventDefault());
    at("p-files").addEventListener("change", () => this.#take(at("p-files").files));
    at("p-sample").addEventListener("click", () => {
      at("p-who-resource").value = "arn:aws:s3:::harbor-reports/finance/2026.csv";
      this.#drop({ sample: true });
    });
    at("p-overlay").addEventListener("change", () => this.#ask({ ask: "changes" }, at("p-overlay").files));
    at("p-sample-plan").addEventListener("click", () => this.#ask({ ask: "changes", sample: true }));
    for (const button of document.querySelectorAll("[data-ask]")) {
      button.addEventListener("click", () => this.#ask({
        ask: button.dataset.ask, action: at("p-who-action").value, resource: at("p-who-resource").value,
      }));
    }
    for (const name of ["p-who-action", "p-who-resource"]) {
      at(name).addEventListener("keydown", (event) => { if (event.key === "Enter") document.querySelector("[data-ask=who-can]").click(); });
    }
  }

  async #take(files) {
    if (!files.length) return;
    this.#forget();
    this.#working();
    try { await this.#drop({ files: await contents(files) }); } catch (error) { this.#show({ fault: { message: String(error.message) } }); }
  }

  async #drop(data) {
    this.#forget();
    this.#working();
    this.#last = () => this.#drop(data);
    const told = await this.#python.ask("drop", data);
    if (!told) return;
    this.#show(told);
    if (told.fault) return;
    at("p-world-asks").hidden = false;
    this.#read = [told.files, told.accounts];
    this.#sayRead();
  }

  async #ask(data, files) {
    if (files && !files.length) return;
    this.#last = () => this.#ask(data, files);
    this.#working();
    try {
      const told = await this.#python.ask("ask_world", files ? { ...data, files: await contents(files) } : data);
      if (told) this.#show(told);
    } catch (error) {
      this.#show({ fault: { message: String(error.message) } });
    }
  }

  // Nothing is asked of an earlier world while files are read, nor after they could not be.
  #forget() {
    this.#last = this.#read = null;
    at("p-dropped").textContent = "";
    at("p-world-asks").hidden = true;
  }

  #sayRead() { at("p-dropped").textContent = t("read-as", ...this.#read); }

  // The last answer in another language, and what was read.
  speak() {
    if (this.#read) this.#sayRead();
    if (this.#last) this.#last();
  }

  #working() {
    at("p-world-verdict").hidden = true;
    at("p-world-summary").textContent = t("thinking");
  }

  #show(told) {
    const shown = told.fault ? { kind: "none", word: t("fault") } : told.badge;
    at("p-world-verdict").hidden = !shown;
    if (shown) badge(at("p-world-verdict"), "", shown.word, shown.kind);
    say(at("p-world-summary"), told.fault ? faultText(told.fault) : [told.title, told.summary].filter(Boolean).join(": "));
    put(at("p-world-details"), told.html ?? "", 4);
  }
}
