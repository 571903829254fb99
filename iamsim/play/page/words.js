// The words of the page in the chosen language; those of the engine are in iamsim/words.
let words = {};
export let language = "en";

export function t(key, ...values) {
  const text = words[key] ?? key;
  return text.replace(/\{(\d)\}/g, (_, number) => String(values[Number(number)]));
}

export async function speak(chosen) {
  language = chosen === "ja" ? "ja" : "en";
  words = await (await fetch(`words/${language}.json`)).json();
  document.documentElement.lang = language;
  translate(document);
}

export function translate(root) {
  for (const one of root.querySelectorAll("[data-w]")) one.textContent = t(one.dataset.w);
  for (const one of root.querySelectorAll("[data-w-label]")) one.setAttribute("aria-label", t(one.dataset.wLabel));
  for (const one of root.querySelectorAll("[data-w-placeholder]")) one.placeholder = t(one.dataset.wPlaceholder);
}
