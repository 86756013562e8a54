// SPDX-License-Identifier: MIT
import { closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { javascript } from "@codemirror/lang-javascript";
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { lintKeymap } from "@codemirror/lint";
import { EditorState, StateEffect, StateField } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  tooltips,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { cellTypes } from "./types.ts";

/** An editor in the place of a cell's code. */
export interface CellEditor {
  focus(): void;
  setText(text: string): void;
  /** Marks the line, from 1, that an error came by. */
  markLine(line: number | undefined): void;
}

/** What an editor tells its cell. */
export interface EditorOptions {
  readonly label: string;
  /** The code of all cells up to and with this one. */
  readonly cells: () => string[];
  readonly onChange: (text: string) => void;
  /** Shift+Enter goes on to the next cell, Ctrl+Enter stays. */
  readonly onRun: (goOn: boolean) => void;
  readonly onLeave: () => void;
}

const setMark = StateEffect.define<number | undefined>();

const mark = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(before, transaction) {
    let now = before.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (!effect.is(setMark)) continue;
      const { doc } = transaction.state;
      const line = effect.value;
      const isThere = line !== undefined && line <= doc.lines;
      now = isThere
        ? Decoration.set([Decoration.line({ class: "failed-line" }).range(doc.line(line).from)])
        : Decoration.none;
    }
    return now;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** The colours that the code has before it is edited. */
const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operator, tags.modifier], color: "light-dark(#a0111f, #ff9492)" },
  { tag: [tags.string, tags.regexp], color: "light-dark(#032563, #addcff)" },
  { tag: [tags.number, tags.bool, tags.null], color: "light-dark(#023b95, #91cbff)" },
  { tag: tags.comment, color: "light-dark(#66707b, #bdc4cc)" },
  {
    tag: [tags.function(tags.variableName), tags.function(tags.propertyName)],
    color: "light-dark(#622cbc, #dbb7ff)",
  },
  { tag: tags.definition(tags.variableName), color: "light-dark(#023b95, #91cbff)" },
  { tag: [tags.typeName, tags.className], color: "light-dark(#702c00, #ffb757)" },
]);

const theme = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "transparent", fontSize: "0.84rem" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55" },
  ".cm-content": { padding: "0.85rem 1rem 0.85rem 0.4rem", caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "transparent", border: "0", color: "var(--muted)" },
  ".cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": {
    backgroundColor: "var(--accent-soft)",
  },
  ".cm-matchingBracket": { outline: "1px solid var(--line-strong)", backgroundColor: "transparent" },
  ".failed-line": { backgroundColor: "var(--bad-soft)", boxShadow: "inset 3px 0 var(--bad)" },
  ".cm-tooltip": {
    backgroundColor: "var(--raised)",
    color: "var(--ink)",
    border: "1px solid var(--line-strong)",
    borderRadius: "6px",
    maxWidth: "44rem",
  },
  ".cm-tooltip-autocomplete ul li[aria-selected]": {
    backgroundColor: "var(--accent)",
    color: "var(--accent-ink)",
  },
  ".type-hover": { padding: "0.4rem 0.7rem", fontSize: "0.8rem", whiteSpace: "pre-wrap" },
  ".type-hover p": { margin: "0.4rem 0 0", fontFamily: "var(--sans)" },
});

/**
 * Puts an editor into a cell. It stands in a shadow root, where its style sheets need no leave from the page's
 * security policy.
 */
export function openEditor(host: HTMLElement, text: string, options: EditorOptions): CellEditor {
  const place = document.createElement("div");
  const root = place.attachShadow({ mode: "open" });
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: text,
      extensions: [
        keymap.of([
          { key: "Shift-Enter", run: () => act(() => options.onRun(true)) },
          { key: "Mod-Enter", run: () => act(() => options.onRun(false)) },
        ]),
        lineNumbers(),
        history(),
        drawSelection(),
        highlightSpecialChars(),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        cellTypes(options.cells),
        mark,
        javascript({ typescript: true }),
        syntaxHighlighting(colours),
        theme,
        tooltips({ position: "absolute" }),
        EditorView.contentAttributes.of({ "aria-label": options.label }),
        EditorView.updateListener.of(({ docChanged, state }) => {
          if (docChanged) options.onChange(state.doc.toString());
        }),
        keymap.of([
          ...closeBracketsKeymap,
          ...completionKeymap,
          ...lintKeymap,
          ...historyKeymap,
          ...defaultKeymap.filter(({ key }) => key !== "Escape"),
          { key: "Escape", run: () => act(options.onLeave) },
        ]),
      ],
    }),
  });
  host.replaceChildren(place);
  return {
    focus: () => view.focus(),
    setText: (next) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } }),
    markLine: (line) => view.dispatch({ effects: setMark.of(line) }),
  };
}

function act(what: () => void): true {
  what();
  return true;
}
