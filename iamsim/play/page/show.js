// What several tabs need to show something.
import { t } from "./words.js";

export const at = (id) => document.getElementById(id);
const SIGNS = { allowed: "yes", explicitDeny: "no", implicitDeny: "no", conditional: "open", PASS: "yes", FAIL: "no", UNKNOWN: "open" };

// Headings of a part get the levels that follow from where it stands, with none left out.
function level(root, first) {
  const above = [];
  for (const one of root.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    const given = Number(one.tagName[1]);
    while (above.length && above.at(-1) >= given) above.pop();
    above.push(given);
    const name = `h${Math.min(first + above.length - 1, 6)}`;
    if (name === one.localName) continue;
    const made = one.ownerDocument.createElement(name);
    for (const { name: key, value } of one.attributes) made.setAttribute(key, value);
    made.append(...one.childNodes);
    one.replaceWith(made);
  }
}

// Markup that Python's templates wrote, with every name escaped. Parsed apart, where no script runs.
export function put(element, html, first) {
  const opened = new Set([...element.querySelectorAll("details[open][id]")].map((one) => one.id));
  const parsed = new DOMParser().parseFromString(html, "text/html");
  level(parsed.body, first);
  element.replaceChildren(...parsed.body.childNodes);
  for (const one of element.querySelectorAll("details[id]")) if (opened.has(one.id)) one.open = true;
}

// A sentence of ours; what stands in backticks becomes code.
export function say(element, text) {
  const parts = text.split("`");
  if (parts.length % 2 === 0) {
    element.textContent = text;
    return;
  }
  element.replaceChildren(...parts.map((part, number) => {
    if (number % 2 === 0) return part;
    return Object.assign(document.createElement("code"), { textContent: part });
  }));
}

export function badge(element, verdict, word, kind = SIGNS[verdict]) {
  element.className = `badge ${kind ?? "none"}`;
  element.textContent = word;
}

export function faultText(fault, nameOf = (name) => name) {
  const place = fault.line ? `${t("place", nameOf(fault.policy), fault.line, fault.column)}: ` : "";
  return `${place}${fault.message}${fault.hint ? ` (${fault.hint})` : ""}`;
}

export function options(select, pairs, chosen) {
  select.replaceChildren(...pairs.map(([value, text]) => new Option(text, value, false, value === chosen)));
}

// Runs at most once a frame.
export function soon(work) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; work(); });
  };
}
