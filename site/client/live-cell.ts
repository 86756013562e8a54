// SPDX-License-Identifier: MIT
import { announce, button, element } from "./dom.ts";
import type { CellEditor } from "./editor.ts";
import type { NotebookPage } from "./notebook-page.ts";
import { hashOf } from "./store.ts";

/** How a run ended. */
export type Outcome = "ran" | "failed" | "stopped";

/**
 * A code cell. As it comes, it shows its code and the recorded output; it can be edited and run, with the keys that
 * Jupyter has: Enter edits, Escape leaves the editor, Shift+Enter runs and goes on, Ctrl+Enter runs.
 */
export class LiveCell {
  readonly id: string;
  readonly number: number;
  readonly outputs: HTMLElement;
  /** A failure of this cell is part of the course. */
  readonly mayFail: boolean;
  readonly #page: NotebookPage;
  readonly #host: HTMLElement;
  readonly #source: HTMLElement;
  readonly #count: HTMLElement;
  readonly #status = element("span", { class: "cell-status" });
  readonly #recorded: readonly Node[];
  readonly #original: Node;
  readonly #originalText: string;
  readonly #originalCount: string;
  readonly #run: HTMLButtonElement;
  readonly #stop: HTMLButtonElement;
  readonly #edit: HTMLButtonElement;
  readonly #reset: HTMLButtonElement;
  #text: string;
  #editor: CellEditor | undefined;

  /** @param number the one by which a reader knows it, from 1 */
  constructor(host: HTMLElement, number: number, page: NotebookPage) {
    const within = (selector: string): HTMLElement => {
      const found = host.querySelector<HTMLElement>(selector);
      if (found === null) throw new Error(`a live-cell without ${selector}`);
      return found;
    };
    this.#host = host;
    this.#page = page;
    this.id = host.closest("li")?.id.replace(/^cell-/, "") ?? "";
    host.dataset["id"] = this.id;
    this.number = number;
    host.setAttribute("role", "group");
    host.setAttribute("aria-label", `Cell ${number}, code`);
    this.mayFail = (host.closest<HTMLElement>("li")?.dataset["tags"] ?? "").includes("raises-exception");
    this.#source = within(".cell-source");
    this.outputs = within(".nb-outputs");
    this.outputs.setAttribute("role", "group");
    this.outputs.setAttribute("aria-label", `Cell ${number}, output`);
    this.#count = within(".cell-count");
    this.#count.ariaHidden = "true";
    this.#recorded = [...this.outputs.childNodes];
    this.#original = within("pre");
    this.#originalText = this.#original.textContent ?? "";
    this.#originalCount = this.#count.textContent ?? "";
    this.#text = this.#originalText;

    const name = `cell ${this.number}`;
    this.#run = button("Run", name, () => void this.#page.run(this));
    this.#stop = button("Stop", name, () => this.#page.stop());
    const toHere = button("Run to here", name, () => void this.#page.runTo(this));
    this.#edit = button("Edit", name, () => void this.edit());
    this.#reset = button("Reset", name, () => this.reset());
    this.#run.classList.add("primary");
    toHere.classList.add("secondary");
    this.#stop.hidden = true;
    this.#reset.hidden = true;
    within(".cell-bar").append(this.#status, this.#reset, toHere, this.#edit, this.#stop, this.#run);

    host.tabIndex = 0;
    host.addEventListener("keydown", (event) => this.#onKey(event));
    this.#source.addEventListener("dblclick", () => void this.edit());
    this.#restore();
  }

  /** The code as it is now. */
  get text(): string {
    return this.#text;
  }

  focus(): void {
    this.#host.focus();
    this.#host.scrollIntoView({ block: "nearest" });
  }

  /** Opens the editor; the first one of the page is loaded then. */
  async edit(): Promise<void> {
    if (this.#editor === undefined) {
      this.#edit.disabled = true;
      const { openEditor } = await import("./editor.ts");
      this.#editor ??= openEditor(this.#source, this.#text, {
        label: `Code of cell ${this.number}`,
        cells: () => this.#page.textsUpTo(this),
        onChange: (text) => this.#changed(text),
        onRun: (goOn) => this.#runByKey(goOn),
        onLeave: () => this.focus(),
      });
      this.#edit.hidden = true;
    }
    this.#editor.focus();
  }

  /** Puts a text into the cell, as if the learner had written it. */
  setText(text: string): void {
    if (this.#editor) this.#editor.setText(text);
    else this.#showPlain(text);
    this.#changed(text);
  }

  /** Goes back to the course's text and the recorded output. */
  reset(): void {
    if (this.#editor) this.#editor.setText(this.#originalText);
    else this.#source.replaceChildren(this.#original);
    this.#changed(this.#originalText);
    this.outputs.replaceChildren(...this.#recorded);
    this.#count.textContent = this.#originalCount;
    this.#host.classList.remove("failed");
    this.#status.textContent = "";
    announce(`Cell ${this.number} is as it was.`);
    this.focus();
  }

  /** Shows that the cell runs. Old output stays until there is new. */
  begin(): void {
    this.#host.classList.add("running");
    this.#host.classList.remove("failed");
    this.#count.textContent = "[*]";
    this.#status.textContent = "running";
    this.#run.hidden = true;
    this.#stop.hidden = false;
    this.#editor?.markLine(undefined);
  }

  /** Shows how it ended. */
  end(outcome: Outcome, count: number | undefined, line: number | undefined): void {
    this.#host.classList.remove("running");
    this.#host.classList.toggle("failed", outcome === "failed");
    this.#count.textContent = count === undefined ? "[ ]" : `[${count}]`;
    const at = line === undefined ? "" : ` at line ${line}`;
    this.#status.textContent = { ran: "", failed: `failed${at}`, stopped: "stopped" }[outcome];
    const hadFocus = document.activeElement === this.#stop;
    this.#run.hidden = false;
    this.#stop.hidden = true;
    if (hadFocus) this.#run.focus();
    this.#editor?.markLine(outcome === "failed" ? line : undefined);
  }

  /** Says why the cell did not run. */
  say(sentence: string): void {
    this.#status.textContent = sentence;
  }

  #runByKey(goOn: boolean): void {
    void this.#page.run(this);
    if (goOn) this.#page.neighbour(this, 1)?.focus();
  }

  #onKey(event: KeyboardEvent): void {
    if (event.target !== this.#host || event.altKey) return;
    const control = event.ctrlKey || event.metaKey;
    const acts: Record<string, () => void> = {
      Enter: () => void this.edit(),
      ArrowDown: () => this.#page.neighbour(this, 1)?.focus(),
      ArrowUp: () => this.#page.neighbour(this, -1)?.focus(),
      j: () => this.#page.neighbour(this, 1)?.focus(),
      k: () => this.#page.neighbour(this, -1)?.focus(),
    };
    const act =
      event.key === "Enter" && (control || event.shiftKey) ? () => this.#runByKey(!control) : acts[event.key];
    if (act === undefined || (control && event.key !== "Enter")) return;
    event.preventDefault();
    act();
  }

  #changed(text: string): void {
    this.#text = text;
    const isOriginal = text === this.#originalText;
    this.#reset.hidden = isOriginal;
    this.#page.store.keep(this.id, isOriginal ? undefined : { text, base: hashOf(this.#originalText) });
    this.#page.showProblem();
  }

  #showPlain(text: string): void {
    this.#source.replaceChildren(element("pre", { class: "code" }, element("code", {}, text)));
  }

  /** Brings back what the learner wrote; when the course's text is another since, both are there to choose from. */
  #restore(): void {
    const edit = this.#page.store.edit(this.id);
    if (edit === undefined) return;
    this.#text = edit.text;
    this.#showPlain(edit.text);
    this.#reset.hidden = false;
    this.#status.textContent = "your version";
    if (edit.base !== hashOf(this.#originalText)) this.#offerBoth();
  }

  #offerBoth(): void {
    const keep = (): void => {
      this.#changed(this.#text);
      this.focus();
    };
    void import("./notices.ts").then(({ versionsNotice }) => {
      const newVersion = this.#original.cloneNode(true);
      this.#source.before(versionsNotice(this.number, newVersion, keep, () => this.reset()));
    });
  }
}
