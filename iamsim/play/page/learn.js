// The tab with lessons and exercises. What somebody has done is kept in this browser.
import { PolicyEditor } from "./editor.js";
import { at, badge, faultText, options, put, say } from "./show.js";
import { t, translate } from "./words.js";

const KEY = "iamsim-progress";

function made(tag, word, more = {}) {
  const element = Object.assign(document.createElement(tag), more);
  if (word) element.dataset.w = word;
  return element;
}

export class Learn {
  #python;
  #course = null;
  #exercised = "";
  #editors = [];
  #progress = {};
  #place = {};
  #shown = () => { at("p-lesson").textContent = t("choose-lesson"); };

  constructor(python) {
    this.#python = python;
    try { this.#progress = JSON.parse(localStorage.getItem(KEY) ?? "{}"); } catch { this.#progress = {}; }
  }

  async open() {
    if (this.#course) return;
    at("p-lesson").textContent = t("thinking");
    const told = await this.#python.ask("course", {});
    if (!told) return;
    if (told.fault) { at("p-lesson").textContent = faultText(told.fault); return; }
    this.#course = told;
    this.#list();
    this.#shown();
  }

  // What is open, for a link, and back.
  state() { return this.#place; }

  fill({ lesson, step, exercise }) {
    if (typeof lesson === "string") this.#shown = () => this.#step(lesson, Number.isInteger(step) ? step : 0);
    else if (typeof exercise === "string") this.#shown = () => this.#exercise(exercise);
    if (this.#course) this.#shown();
  }

  async speak() {
    if (!this.#course) return;
    const told = await this.#python.ask("course", {});
    if (!told || told.fault) return;
    this.#course = told;
    this.#list();
    this.#shown();
  }

  #list() {
    const entry = (kind, one) => {
      const button = made("button", "", { type: "button", textContent: `${one.number}. ${one.title}` });
      button.addEventListener("click", () => (kind === "lesson" ? this.#step(one.name, 0) : this.#exercise(one.name)));
      const item = document.createElement("li");
      const done = kind === "lesson" ? Array.from({ length: one.steps }, (_, place) => `${one.name}/${place}`) : [`exercise/${one.name}`];
      if (done.every((name) => name in this.#progress)) item.className = "done";
      item.append(button);
      return item;
    };
    const heading = (word) => Object.assign(document.createElement("li"), { className: "heading", textContent: t(word) });
    at("p-lessons").replaceChildren(
      ...this.#course.lessons.map((one) => entry("lesson", one)),
      ...(this.#course.exercises.length ? [heading("exercises")] : []),
      ...this.#course.exercises.map((one) => entry("exercise", one)),
    );
    const asked = this.#course.lessons.reduce((sum, one) => sum + one.steps, 0);
    const right = Object.entries(this.#progress).filter(([name, first]) => first && !name.startsWith("exercise/")).length;
    const score = at("p-score");
    score.textContent = t("score", right, asked);
    if (!Object.keys(this.#progress).length) return;
    const again = made("button", "", { type: "button", textContent: t("start-again") });
    again.addEventListener("click", () => {
      this.#progress = {};
      try { localStorage.removeItem(KEY); } catch { /* as above */ }
      this.#list();
    });
    score.append(" ", again, " ", this.#handOut("results", () => ({ done: this.#progress })));
  }

  // A button that saves a file for teachers.
  #handOut(form, more) {
    const button = made("button", `teach-${form}`, { type: "button", textContent: t(`teach-${form}`) });
    button.addEventListener("click", async () => {
      const told = await this.#python.ask("hand_out", { form, ...more() });
      if (!told || told.fault) return;
      const href = URL.createObjectURL(new Blob([told.text], { type: "text/plain" }));
      Object.assign(document.createElement("a"), { href, download: told.name }).click();
      URL.revokeObjectURL(href);
    });
    return button;
  }

  #mark(name, first) {
    this.#progress[name] ??= first;
    try { localStorage.setItem(KEY, JSON.stringify(this.#progress)); } catch { /* as above */ }
    this.#list();
  }

  #clear() {
    this.#editors.forEach(({ editor }) => editor.remove());
    this.#editors = [];
    this.#exercised = "";
    return at("p-lesson");
  }

  // What stands below the last question of a lesson: the score of the exam, and AWS's pages.
  #ending(lesson, pages) {
    const said = [];
    if (lesson.pass) {
      const right = Array.from({ length: lesson.steps }, (_, place) => this.#progress[`${lesson.name}/${place}`]).filter(Boolean).length;
      const passed = 100 * right >= lesson.pass * lesson.steps;
      said.push(made("p", "", { className: "reply", textContent: t(passed ? "exam-passed" : "exam-failed", right, lesson.steps, lesson.pass) }));
    }
    if (!pages.length) return said;
    const list = made("ul");
    for (const page of pages) {
      const item = made("li");
      item.append(made("a", "", { href: page, textContent: page, target: "_blank", rel: "noopener" }));
      list.append(item);
    }
    return [...said, made("p", "aws-says"), list];
  }

  async #step(name, place) {
    const told = await this.#python.ask("step", { name, step: place });
    if (!told) return;
    this.#shown = () => this.#step(name, place);
    this.#place = { lesson: name, step: place };
    const page = this.#clear();
    if (told.fault) { page.textContent = faultText(told.fault); return; }
    put(page, told.html, 2);
    const before = told.after
      .map((one) => this.#course.lessons.find((lesson) => lesson.name === one))
      .filter((one) => one && !Array.from({ length: one.steps }, (_, step) => `${one.name}/${step}`).every((key) => key in this.#progress));
    if (before.length) page.prepend(made("p", "", { className: "quiet", textContent: t("prerequisites", before.map((one) => `${one.number}. ${one.title}`).join("; ")) }));
    const fields = made("fieldset");
    const legend = made("legend", "predict");
    const decision = made("select");
    options(decision, told.decisions.map((one) => [one.id, one.word]));
    const layer = made("select");
    options(layer, [["", "–"], ...told.layers.map((one) => [one.id, one.word])]);
    const labelled = (word, field) => { const label = made("label"); label.append(made("span", word), " ", field); return label; };
    const layerLabel = labelled("deciding-layer", layer);
    layerLabel.hidden = told.layers.length === 0;
    const check = made("button", "check", { type: "button" });
    const hint = made("button", "hint", { type: "button", hidden: told.hints.length === 0 });
    const show = made("button", "show", { type: "button" });
    const reply = made("p", "", { className: "reply" });
    reply.setAttribute("role", "status");
    const after = made("div");
    fields.append(legend, labelled("verdict", decision), " ", layerLabel, " ", check, " ", hint, " ", show);
    const teach = made("p", "", { className: "quiet" });
    if (name !== "exam") {
      const forms = ["slides", "handout", "answers", "class-sheet"].map((form) => this.#handOut(form, () => ({ name })));
      teach.append(made("span", "teach"), " ", ...forms.flatMap((one) => [one, " "]));
    }
    page.append(fields, reply, after, teach);
    translate(fields);
    translate(teach);
    let first = true;
    let hints = 0;
    const width = () => Math.floor(after.clientWidth) || 860;
    const explained = (found) => {
      put(after, found.html, 3);
      const lesson = this.#course.lessons.find((one) => one.name === name);
      const index = this.#course.lessons.indexOf(lesson);
      const next = place + 1 < lesson.steps ? [name, place + 1] : this.#course.lessons[index + 1] && [this.#course.lessons[index + 1].name, 0];
      if (place + 1 === lesson.steps) after.append(...this.#ending(lesson, told.see));
      if (next) {
        const button = made("button", "next", { type: "button" });
        button.addEventListener("click", () => this.#step(...next));
        after.append(button);
      }
      translate(after);
    };
    check.addEventListener("click", async () => {
      const found = await this.#python.ask("predict", { name, step: place, decision: decision.value, layer: layer.value, width: width() });
      if (!found) return;
      if (found.fault) { reply.textContent = faultText(found.fault); return; }
      if (!found.right) {
        first = false;
        say(reply, `${t("wrong")} ${found.reason}`);
      } else if (found.of === "all") {
        reply.textContent = t("right-answer", found.words);
        this.#mark(`${name}/${place}`, first);
        explained(found);
      } else reply.textContent = `${t("right")} ${t("deciding-layer")}?`;
    });
    hint.addEventListener("click", () => {
      say(reply, told.hints[hints]);
      hints = (hints + 1) % told.hints.length;
    });
    show.addEventListener("click", async () => {
      const found = await this.#python.ask("solve", { name, step: place, width: width() });
      if (!found || found.fault) return;
      reply.textContent = found.words;
      this.#mark(`${name}/${place}`, false);
      explained(found);
    });
    page.focus();
    page.scrollIntoView({ block: "start" });
  }

  async #exercise(name) {
    const told = await this.#python.ask("exercise", { name });
    if (!told) return;
    // In another language what somebody wrote stays.
    const written = this.#exercised === name ? Object.fromEntries(this.#editors.map(({ file, editor }) => [file, editor.text])) : {};
    this.#shown = () => this.#exercise(name);
    this.#place = { exercise: name };
    const page = this.#clear();
    if (told.fault) { page.textContent = faultText(told.fault); return; }
    this.#exercised = name;
    const said = (text, className = "") => { const part = made("p", "", { className }); say(part, text); return part; };
    page.replaceChildren(made("h2", "", { textContent: `${told.number}. ${told.title}` }), said(told.goal, "summary"));
    page.append(...told.text.split("\n").filter(Boolean).map((part) => said(part)));
    const table = made("table", "", { className: "narrow" });
    table.setAttribute("role", "table");
    const row = (parent, role, tag, texts) => {
      const line = made("tr");
      line.setAttribute("role", "row");
      for (const text of texts) {
        const cell = made(tag, "", { textContent: text });
        cell.setAttribute("role", role);
        if (role === "columnheader") cell.scope = "col";
        line.append(cell);
      }
      parent.append(line);
    };
    row(table.createTHead(), "columnheader", "th", ["case", "action", "resource", "expected"].map((word) => t(word)));
    const body = table.createTBody();
    for (const one of told.cases) row(body, "cell", "td", [one.title, one.actions.join(", "), one.resources.join(", "), one.word]);
    page.append(table);
    const world = made("details", "", { id: "exercise-world" });
    world.append(made("summary", "", { textContent: "world.yaml" }), made("pre", "", { textContent: told.world, tabIndex: 0 }));
    page.append(world);
    for (const [file, text] of Object.entries(told.files)) {
      const part = made("section");
      part.append(made("h3", "", { textContent: file }));
      page.append(part);
      const editor = new PolicyEditor(part, written[file] ?? text, file, this.#python, () => ({ layer: "", action: "", resource: "" }), () => {});
      this.#editors.push({ file, editor });
    }
    const check = made("button", "check", { type: "button" });
    const hint = made("button", "hint", { type: "button", hidden: told.hints.length === 0 });
    const reply = made("p", "", { className: "reply" });
    reply.setAttribute("role", "status");
    const mark = made("span", "", { hidden: true });
    const result = made("div");
    const buttons = made("p");
    buttons.append(check, " ", hint);
    page.append(buttons, mark, reply, result);
    translate(page);
    let hints = 0;
    hint.addEventListener("click", () => {
      mark.hidden = true;
      say(reply, told.hints[hints]);
      hints = Math.min(hints + 1, told.hints.length - 1);
    });
    check.addEventListener("click", async () => {
      reply.textContent = t("thinking");
      const files = Object.fromEntries(this.#editors.map(({ file, editor }) => [file, editor.text]));
      const found = await this.#python.ask("grade", { name, files });
      if (!found) return;
      mark.hidden = Boolean(found.fault);
      if (found.fault) { reply.textContent = faultText(found.fault); return; }
      badge(mark, "", found.word, found.passed ? "yes" : "no");
      say(reply, found.sentence);
      put(result, found.html, 4);
      if (found.passed) this.#mark(`exercise/${name}`, true);
    });
    page.focus();
    page.scrollIntoView({ block: "start" });
  }
}
