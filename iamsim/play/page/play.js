// The page: tabs, examples, links, and what is shared by all.
import { Compare } from "./compare.js";
import { Explain } from "./explain.js";
import { Learn } from "./learn.js";
import { Python } from "./python.js";
import { linkOf, stateOfAddress } from "./share.js";
import { at, options } from "./show.js";
import { language, speak, t } from "./words.js";
import { World } from "./world.js";

const TABS = ["explain", "compare", "world", "learn"];
const KEPT = { theme: "iamsim-theme", language: "iamsim-language" };

function kept(name) {
  try { return localStorage.getItem(KEPT[name]); } catch { return null; }
}
function keep(name, value) {
  try { localStorage.setItem(KEPT[name], value); } catch { /* not every origin may keep something */ }
}

function loading(message) {
  const place = at("p-loading");
  place.hidden = message.kind === "ready" || message.part === "ready";
  if (message.kind === "failed") at("p-loading-text").textContent = t("failed", message.why);
  else if (message.part) {
    at("p-progress").value = message.share;
    at("p-loading-text").textContent = t(message.part);
  }
}

await speak(kept("language") ?? (navigator.language.startsWith("ja") ? "ja" : "en"));
const python = new Python(loading);
const explain = new Explain(python);
const compare = new Compare(python, (question) => { explain.fill(question); open("explain"); });
const world = new World(python);
const learn = new Learn(python, (question) => { explain.fill(question); open("explain"); });
const tabs = { explain, compare, world, learn };
const examples = await (await fetch("examples.json")).json();

function current() { return TABS.find((one) => !at(`p-${one}`).hidden) ?? "explain"; }

function open(name) {
  for (const one of TABS) {
    const chosen = one === name;
    at(`p-${one}`).hidden = !chosen;
    const tab = at(`p-tab-${one}`);
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
  }
  at("p-strip").hidden = name !== "explain";
  tabs[name].open?.();
}

for (const [number, name] of TABS.entries()) {
  at(`p-tab-${name}`).addEventListener("click", () => open(name));
  at(`p-tab-${name}`).addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const target = event.key === "Home" ? 0 : event.key === "End" ? TABS.length - 1 : step ? (number + step + TABS.length) % TABS.length : null;
    if (target === null) return;
    event.preventDefault();
    open(TABS[target]);
    at(`p-tab-${TABS[target]}`).focus();
  });
}

function spoken() {
  options(at("p-examples"), [["", t("examples-choose")], ...examples.map((one, number) => [String(number), one.title[language] ?? one.title.en])]);
  for (const tab of Object.values(tabs)) tab.speak?.();
}

at("p-examples").addEventListener("change", (event) => {
  const chosen = examples[Number(event.target.value)];
  if (event.target.value === "" || !chosen) return;
  fill(chosen.state);
  event.target.value = "";
});

function fill(state) {
  const name = TABS.includes(state.tab) ? state.tab : "explain";
  if (state.explain) explain.fill(state.explain);
  if (state.compare) compare.fill(state.compare);
  if (state.learn) learn.fill(state.learn);
  open(name);
}

function theme(chosen) {
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  else delete document.documentElement.dataset.theme;
  at("p-theme").value = document.documentElement.dataset.theme ?? "auto";
  explain.ask();
}
at("p-theme").addEventListener("change", (event) => { keep("theme", event.target.value); theme(event.target.value); });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", explain.ask);
at("p-language").value = language;
at("p-language").addEventListener("change", async (event) => { keep("language", event.target.value); await speak(event.target.value); spoken(); });

function dialog(title, about, text, choices) {
  at("p-dialog-title").textContent = title;
  at("p-dialog-about").textContent = about;
  at("p-dialog-text").textContent = text;
  at("p-dialog-choices").hidden = !choices;
  at("p-download").hidden = !choices;
  if (!at("p-dialog").open) at("p-dialog").showModal();
}
at("p-close").addEventListener("click", () => at("p-dialog").close());
at("p-share").addEventListener("click", async () => {
  const tab = current();
  const link = await linkOf({ tab, explain: explain.question(), ...(tab === "explain" ? {} : { [tab]: tabs[tab].state?.() }) });
  history.replaceState(null, "", link);
  dialog(t("share-title"), t("share-about", link.length), link, false);
});
async function take() {
  const told = await python.ask("export", { ...explain.question(), form: at("p-form").value });
  if (!told) return;
  const text = told.text ?? told.fault.message;
  const link = at("p-download");
  URL.revokeObjectURL(link.href);
  dialog(t("export-title"), t("export-about"), text, true);
  link.hidden = !told.name;
  if (told.name) {
    link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    link.download = told.name;
  }
}
at("p-export").addEventListener("click", take);
at("p-form").addEventListener("change", take);

// A link of this page that is opened in it, too.
async function fromAddress() {
  try {
    const state = await stateOfAddress();
    if (state) fill(state);
    return Boolean(state);
  } catch {
    at("status").textContent = t("bad-link");
    return false;
  }
}
window.addEventListener("hashchange", fromAddress);

theme(kept("theme"));
spoken();
compare.fill(examples.find((one) => one.state.compare).state.compare);
if (!(await fromAddress())) fill(examples[0].state);
if ("serviceWorker" in navigator) navigator.serviceWorker.register("service-worker.js", { type: "module" }).catch(() => {});
// Tests and people who measure: how long the last answer took.
explain.onAnswer((taken) => {
  document.documentElement.dataset.answered = String(Number(document.documentElement.dataset.answered ?? 0) + 1);
  document.documentElement.dataset.taken = taken.toFixed(1);
});
