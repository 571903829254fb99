// The tab that compares two policies.
import { PolicyEditor } from "./editor.js";
import { at, badge, faultText, options, put, say, soon } from "./show.js";
import { t } from "./words.js";

const TYPES = ["identity", "resource", "trust", "boundary", "session", "scp", "rcp", "vpce"];

export class Compare {
  #python;
  #editors = {};
  #witness = null;
  #texts = { existing: "", new: "" };

  constructor(python, explain) {
    this.#python = python;
    this.ask = soon(() => this.#ask());
    at("p-compare-type").addEventListener("change", () => {
      Object.values(this.#editors).forEach((one) => one.check());
      this.ask();
    });
    at("p-witness").addEventListener("click", () => { if (this.#witness) explain(this.#witness); });
  }

  open() {
    for (const side of ["existing", "new"]) {
      const facts = () => ({ layer: at("p-compare-type").value, action: "", resource: "" });
      this.#editors[side] ??= new PolicyEditor(at(`p-${side}`), this.#texts[side], t(side), this.#python, facts, this.ask);
    }
    this.ask();
  }

  speak() {
    options(at("p-compare-type"), TYPES.map((one) => [one, t(`layer-${one}`)]), at("p-compare-type").value || "identity");
    for (const [side, editor] of Object.entries(this.#editors)) editor.speak(t(side));
    if (Object.keys(this.#editors).length) this.ask();
  }

  state() {
    return { type: at("p-compare-type").value, existing: this.#text("existing"), new: this.#text("new") };
  }

  fill(state) {
    if (TYPES.includes(state.type)) at("p-compare-type").value = state.type;
    for (const side of ["existing", "new"]) {
      if (typeof state[side] !== "string") continue;
      this.#texts[side] = state[side];
      if (this.#editors[side]) this.#editors[side].text = state[side];
    }
  }

  #text(side) { return this.#editors[side]?.text ?? this.#texts[side]; }

  async #ask() {
    const told = await this.#python.ask("compare", this.state());
    if (!told) return;
    if (told.fault) badge(at("p-proof"), "", t("fault"), "none");
    else badge(at("p-proof"), told.verdict, told.verdict);
    say(at("p-proof-text"), told.fault ? faultText(told.fault, t) : told.sentence);
    put(at("p-proof-details"), told.html ?? "", 4);
    this.#witness = told.witness ?? null;
    at("p-witness").hidden = !this.#witness;
  }
}
