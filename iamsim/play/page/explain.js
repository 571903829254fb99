// The tab that explains.
import { PolicyEditor } from "./editor.js";
import { at, badge, faultText, options, put, say, soon } from "./show.js";
import { t, translate } from "./words.js";

const LAYERS = ["identity", "resource", "boundary", "session", "scp", "rcp", "vpce"];
const LEVELS = new Set(["scp", "rcp"]);
const FIELDS = ["principal", "action", "resource", "account", "context"];
const STARTER = `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "s3:GetObject",
      "Resource": "*"
    }
  ]
}`;

export class Explain {
  #policies = [];
  #before = null;
  #python;
  #picture = "";
  #answered = () => {};

  constructor(python) {
    this.#python = python;
    this.ask = soon(() => this.#ask());
    for (const name of FIELDS) at(`p-${name}`).addEventListener("input", () => { this.#propose(name); this.ask(); });
    for (const name of ["action", "resource"]) at(`p-${name}`).addEventListener("focus", () => this.#propose(name));
    at("p-action").addEventListener("change", () => this.#policies.forEach((one) => one.editor.check()));
    at("p-partial").addEventListener("change", this.ask);
    at("p-add").addEventListener("click", () => {
      this.#add({ layer: at("p-new-layer").value, text: STARTER });
      this.ask();
    });
    at("p-keep").addEventListener("click", () => {
      this.#before = this.#before ? null : this.question();
      at("p-keep").dataset.w = this.#before ? "let-go" : "keep";
      translate(at("p-keep").parentElement);
      this.ask();
    });
    at("p-edits").addEventListener("click", () => this.#findEdits());
    new ResizeObserver(this.ask).observe(at("p-figure"));
  }

  // What is asked, without how it is shown.
  question() {
    const told = Object.fromEntries(FIELDS.map((name) => [name, at(`p-${name}`).value]));
    return {
      ...told,
      partial: at("p-partial").checked,
      policies: this.#policies.map(({ layer, level, off, editor }) => ({
        layer: layer.value, text: editor.text, off: !off.checked, ...(LEVELS.has(layer.value) ? { level: Number(level.value) || 1 } : {}),
      })),
    };
  }

  fill(question) {
    for (const name of FIELDS) at(`p-${name}`).value = typeof question[name] === "string" ? question[name] : "";
    at("p-partial").checked = Boolean(question.partial);
    this.#policies.forEach((one) => one.editor.remove());
    this.#policies = [];
    at("p-policies").replaceChildren();
    for (const policy of Array.isArray(question.policies) ? question.policies : []) this.#add(policy);
    at("p-edits-found").hidden = true;
    this.ask();
  }

  speak() {
    options(at("p-new-layer"), LAYERS.map((one) => [one, t(`layer-${one}`)]), at("p-new-layer").value || "identity");
    for (const { layer, editor } of this.#policies) {
      options(layer, LAYERS.map((one) => [one, t(`layer-${one}`)]), layer.value);
      editor.speak(`${t("policies")}: ${t(`layer-${layer.value}`)}`);
    }
    if (!at("p-edits-found").hidden) this.#findEdits();
    translate(at("p-policies"));
    this.ask();
  }

  onAnswer(told) { this.#answered = told; }

  #add(policy) {
    const card = document.createElement("section");
    card.className = "policy-card";
    const head = document.createElement("p");
    head.className = "card-head";
    const layer = document.createElement("select");
    options(layer, LAYERS.map((one) => [one, t(`layer-${one}`)]), LAYERS.includes(policy.layer) ? policy.layer : "identity");
    const level = Object.assign(document.createElement("input"), { type: "number", min: "1", max: "6", value: String(Number(policy.level) || 1) });
    const off = Object.assign(document.createElement("input"), { type: "checkbox", checked: !policy.off });
    const remove = Object.assign(document.createElement("button"), { type: "button" });
    remove.dataset.w = "remove";
    const labelled = (key, field) => {
      const label = document.createElement("label");
      const word = document.createElement("span");
      word.dataset.w = key;
      label.append(word, " ", field);
      return label;
    };
    const levelLabel = labelled("level", level);
    head.append(labelled("layer", layer), levelLabel, labelled("counts", off), remove);
    card.append(head);
    at("p-policies").append(card);
    const label = `${t("policies")}: ${t(`layer-${layer.value}`)}`;
    const facts = () => ({ layer: layer.value, action: at("p-action").value, resource: at("p-resource").value });
    const text = typeof policy.text === "string" ? policy.text : STARTER;
    const editor = new PolicyEditor(card, text, label, this.#python, facts, this.ask);
    const entry = { card, layer, level, off, editor };
    this.#policies.push(entry);
    const shown = () => { levelLabel.hidden = !LEVELS.has(layer.value); };
    shown();
    layer.addEventListener("change", () => { shown(); editor.check(); this.ask(); });
    level.addEventListener("input", this.ask);
    off.addEventListener("change", () => { card.classList.toggle("off", !off.checked); this.ask(); });
    card.classList.toggle("off", !off.checked);
    remove.addEventListener("click", () => {
      editor.remove();
      card.remove();
      this.#policies.splice(this.#policies.indexOf(entry), 1);
      at("p-add").focus();
      this.ask();
    });
    translate(card);
  }

  async #propose(name) {
    if (name !== "action" && name !== "resource") return;
    const data = { field: name, text: at(`p-${name}`).value, action: at("p-action").value };
    const told = await this.#python.ask("complete_field", data, `field-${name}`);
    if (told?.options) at(`p-${name}s`).replaceChildren(...told.options.map((one) => new Option("", one)));
  }

  async #ask() {
    const width = Math.floor(at("p-figure").clientWidth) || 860;
    const dark = getComputedStyle(document.documentElement).colorScheme === "dark"
      || (document.documentElement.dataset.theme === undefined && matchMedia("(prefers-color-scheme: dark)").matches);
    const started = performance.now();
    const asked = { ...this.question(), width, theme: dark ? "dark" : "light", ...(this.#before ? { before: this.#before } : {}) };
    const told = await this.#python.ask("explain", asked);
    if (!told) return;
    this.#show(told);
    this.#answered(performance.now() - started);
  }

  #nameOf(name) {
    const number = Number(name.split("-")[1]) - 1;
    const policy = this.#policies[number];
    return policy ? `${t(`layer-${policy.layer.value}`)} (${number + 1})` : name;
  }

  #show(told) {
    const fault = told.fault;
    const sentence = fault ? faultText(fault, (name) => this.#nameOf(name)) : told.sentence;
    for (const place of ["p-verdict", "p-strip-verdict"]) {
      if (fault) badge(at(place), "", t("fault"), "none");
      else badge(at(place), told.verdict, told.word);
    }
    say(at("p-sentence"), sentence);
    say(at("p-strip-text"), sentence);
    const doubts = told.doubts ?? [];
    at("p-doubts").hidden = doubts.length === 0;
    at("p-doubts").replaceChildren(...doubts.map((one) => {
      const item = document.createElement("li");
      say(item, one);
      return item;
    }));
    at("p-compared").hidden = !told.compared;
    if (told.compared) {
      const word = document.createElement("span");
      badge(word, told.compared.verdict, told.compared.word);
      const text = document.createElement("span");
      say(text, told.compared.summary);
      at("p-compared").replaceChildren(`${t("before")}: `, word, " ", text);
    }
    at("p-figure").classList.toggle("stale", Boolean(fault));
    at("p-details").classList.toggle("stale", Boolean(fault));
    if (fault) return;
    URL.revokeObjectURL(this.#picture);
    this.#picture = URL.createObjectURL(new Blob([told.svg], { type: "image/svg+xml" }));
    at("p-picture").src = this.#picture;
    at("p-picture").alt = `${told.word}: ${told.sentence}`;
    put(at("p-details"), told.details, 3);
  }

  async #findEdits() {
    at("p-edits").disabled = true;
    const told = await this.#python.ask("edit", this.question());
    at("p-edits").disabled = false;
    if (!told) return;
    const place = at("p-edits-found");
    place.hidden = false;
    if (told.fault) {
      place.textContent = faultText(told.fault, (name) => this.#nameOf(name));
      return;
    }
    put(place, told.html, 3);
    [...place.querySelectorAll("ol.numbered > li")].forEach((item, number) => {
      const set = told.sets[number];
      const line = document.createElement(set ? "button" : "p");
      line.dataset.w = set ? "apply" : "elsewhere";
      if (set) {
        line.type = "button";
        line.addEventListener("click", () => this.#apply(set));
      }
      item.append(line);
    });
    translate(place);
  }

  #apply(set) {
    for (const [number, text] of Object.entries(set.texts)) this.#policies[Number(number)].editor.text = text;
    for (const policy of set.added) this.#add(policy);
    const lines = at("p-context").value.split("\n").filter((line) => {
      const key = line.split("=")[0].trim().toLowerCase();
      return key && !Object.keys(set.context).some((one) => one.toLowerCase() === key);
    });
    for (const [key, value] of Object.entries(set.context)) {
      for (const one of value === null ? [] : [value].flat()) lines.push(`${key} = ${one}`);
    }
    at("p-context").value = lines.join("\n");
    at("p-edits-found").hidden = true;
    at("p-answer-title").focus();
    this.ask();
  }
}
