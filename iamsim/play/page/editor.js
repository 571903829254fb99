// Editors of policies: findings and proposals come from Python.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { HighlightStyle, bracketMatching, syntaxHighlighting } from "@codemirror/language";
import { forceLinting, linter, lintKeymap } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, drawSelection, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const colors = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--link)" },
  { tag: tags.string, color: "var(--yes)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--no)" },
]);
const look = EditorView.theme({
  "&": { backgroundColor: "var(--ground)", color: "var(--text)", fontSize: "14px", border: "1px solid var(--none-line)", borderRadius: "4px" },
  "&.cm-focused": { outline: "3px solid var(--link)" },
  ".cm-content": { fontFamily: "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace", caretColor: "var(--text)", minHeight: "5em" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--panel)", color: "var(--quiet)", border: "0" },
  ".cm-scroller": { maxHeight: "26rem", overflow: "auto" },
  ".cm-tooltip": { backgroundColor: "var(--panel)", color: "var(--text)", border: "1px solid var(--none-line)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--link)", color: "var(--ground)" },
  ".cm-selectionBackground, &.cm-focused .cm-selectionBackground": { backgroundColor: "color-mix(in srgb, var(--link) 30%, transparent) !important" },
  ".cm-completionDetail": { color: "inherit", opacity: "0.9" },
  ".cm-diagnostic": { padding: "4px 8px" },
  ".cm-matchingBracket": { backgroundColor: "var(--open-ground) !important" },
});
const KINDS = { element: "property", operator: "function", key: "property", service: "namespace", action: "method", policy: "text", principal: "class" };

let made = 0;

export class PolicyEditor {
  // `facts()` gives what else the checks ask for: the layer, the action, the resource.
  constructor(parent, text, label, python, facts, changed) {
    made += 1;
    this.name = String(made);
    const host = document.createElement("div");
    parent.append(host);
    // Inside of a shadow tree the editor's styles are constructed sheets, which the policy allows.
    const root = host.attachShadow({ mode: "open" });
    const lint = linter(async (view) => {
      const told = await python.ask("lint", { text: view.state.doc.toString(), ...facts() }, `lint-${this.name}`);
      const length = view.state.doc.length;
      return (told?.findings ?? []).map((one) => ({
        from: Math.min(one.from, length), to: Math.min(one.to, length), severity: one.severity, message: `${one.message} [${one.code}]`,
      }));
    }, { delay: 200 });
    this.view = new EditorView({
      parent: root,
      root,
      state: EditorState.create({
        doc: text,
        extensions: [
          lineNumbers(), history(), drawSelection(), bracketMatching(), closeBrackets(), json(), syntaxHighlighting(colors), look, lint,
          EditorView.lineWrapping,
          EditorState.tabSize.of(2),
          autocompletion({ override: [(context) => this.#complete(context, python)], activateOnTyping: true }),
          EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", autocapitalize: "off", tabindex: "0" }),
          keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap]),
          EditorView.updateListener.of((update) => { if (update.docChanged) changed(this.text); }),
        ],
      }),
    });
  }

  get text() { return this.view.state.doc.toString(); }

  set text(text) {
    if (text !== this.text) this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text } });
  }

  check() { forceLinting(this.view); }

  // The label in another language; findings are asked for anew.
  speak(label) {
    this.view.contentDOM.setAttribute("aria-label", label);
    this.check();
  }

  remove() { this.view.destroy(); }

  async #complete(context, python) {
    const before = context.matchBefore(/[\w:.*/"-]*/);
    if (!context.explicit && (!before || before.from === before.to)) return null;
    const data = { text: context.state.doc.toString(), offset: context.pos, editor: this.name };
    const told = await python.ask("complete", data, "complete");
    if (!told?.options?.length) return null;
    return {
      from: told.from,
      to: told.to,
      options: told.options.map((one) => ({
        label: one.label, detail: one.detail || undefined, type: KINDS[one.kind] ?? "text", apply: `${one.quote}${one.label}${one.quote}`,
      })),
      validFor: /^[\w:.*/-]*$/,
    };
  }
}
