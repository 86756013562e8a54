// SPDX-License-Identifier: MIT
import "./overlay-styles.ts";
import MiniSearch, { type SearchResult } from "minisearch";
import type { SearchEntry } from "../build/search-index.ts";
import { element } from "./dom.ts";

/** Loaded by the first search: the dialog, the library and the texts. */
const MOST = 12;
/** Characters around the first word that was found. */
const EXCERPT = 130;

const root = document.documentElement.dataset["root"] ?? "./";
let dialog: SearchDialog | undefined;

/** Opens the search. */
export function openSearch(): void {
  dialog ??= new SearchDialog();
  dialog.open();
}

/** Names are also found by their parts: `kvm_map_private_memory` by "private". */
function words(text: string): string[] {
  return text.split(/[^\p{L}\p{N}_]+/u).flatMap((word) => {
    const parts = word.split(/_+|(?<=[a-z])(?=[A-Z])/).filter((part) => part !== "");
    return parts.length > 1 ? [word, ...parts] : parts;
  });
}

async function loadIndex(): Promise<MiniSearch<SearchEntry>> {
  const response = await fetch(`${root}search.json`);
  const entries = (await response.json()) as SearchEntry[];
  const index = new MiniSearch<SearchEntry>({
    idField: "url",
    fields: ["title", "text", "page"],
    storeFields: ["url", "title", "page", "kind", "text"],
    tokenize: words,
    searchOptions: {
      boost: { title: 6, page: 2 },
      prefix: (term) => term.length > 1,
      fuzzy: (term) => (term.length > 4 ? 0.15 : false),
      combineWith: "AND",
    },
  });
  index.addAll(entries);
  return index;
}

class SearchDialog {
  readonly #input = element("input", {
    type: "search",
    id: "search-input",
    role: "combobox",
    "aria-label": "Search the course",
    "aria-autocomplete": "list",
    "aria-controls": "search-results",
    "aria-expanded": "false",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: "A word, an errno, a function, an RMI command",
  });
  readonly #list = element("ul", { id: "search-results", role: "listbox", "aria-label": "Places found" });
  readonly #status = element("p", { class: "search-status", role: "status" });
  readonly #dialog = element("dialog", { class: "search", "aria-label": "Search" });
  #index: Promise<MiniSearch<SearchEntry>> | undefined;
  #found: readonly SearchResult[] = [];
  #active = -1;

  constructor() {
    const close = element("button", { type: "button", class: "search-close" }, "Close");
    close.addEventListener("click", () => this.#dialog.close());
    this.#dialog.append(
      element("div", { class: "search-head" }, this.#input, close),
      this.#status,
      this.#list,
    );
    this.#input.addEventListener("input", () => void this.#search());
    this.#input.addEventListener("keydown", (event) => this.#onKey(event));
    this.#dialog.addEventListener("click", ({ target }) => {
      if (target === this.#dialog) this.#dialog.close();
    });
    document.body.append(this.#dialog);
  }

  open(): void {
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#input.select();
    this.#index ??= loadIndex();
    void this.#search();
  }

  async #search(): Promise<void> {
    const asked = this.#input.value.trim();
    if (asked === "") {
      this.#show([], "");
      return;
    }
    let index: MiniSearch<SearchEntry>;
    try {
      index = await (this.#index ?? loadIndex());
    } catch {
      this.#index = undefined;
      this.#show([], "The texts could not be loaded. Write on to try again.");
      return;
    }
    if (asked !== this.#input.value.trim()) return;
    const all = index.search(asked);
    const count = all.length === 1 ? "1 place" : `${all.length} places`;
    const more = all.length > MOST ? `${count}; the first ${MOST} are shown.` : `${count}.`;
    this.#show(all.slice(0, MOST), all.length === 0 ? `Nothing has "${asked}".` : more);
  }

  #show(found: readonly SearchResult[], said: string): void {
    this.#found = found;
    this.#status.textContent = said;
    this.#list.replaceChildren(...found.map((one, i) => this.#option(one, i)));
    this.#list.hidden = found.length === 0;
    this.#input.setAttribute("aria-expanded", String(found.length > 0));
    this.#choose(found.length > 0 ? 0 : -1);
  }

  #option(one: SearchResult, i: number): HTMLElement {
    const option = element(
      "li",
      { role: "option", id: `search-${i}`, "aria-selected": "false" },
      element("span", { class: "search-title" }, String(one["title"])),
      element(
        "span",
        { class: "search-page" },
        one["page"] === one["title"] ? String(one["kind"]) : String(one["page"]),
      ),
      element("span", { class: "search-text" }, excerpt(String(one["text"]), one.terms)),
    );
    option.addEventListener("click", () => this.#go(i));
    option.addEventListener("pointermove", () => this.#choose(i));
    return option;
  }

  #choose(i: number): void {
    this.#active = i;
    for (const [k, option] of [...this.#list.children].entries())
      option.setAttribute("aria-selected", String(k === i));
    if (i < 0) this.#input.removeAttribute("aria-activedescendant");
    else {
      this.#input.setAttribute("aria-activedescendant", `search-${i}`);
      this.#list.children[i]?.scrollIntoView({ block: "nearest" });
    }
  }

  #go(i: number): void {
    const found = this.#found[i];
    if (found === undefined) return;
    this.#dialog.close();
    location.href = root + String(found["url"]);
  }

  #onKey(event: KeyboardEvent): void {
    const last = this.#found.length - 1;
    const moves: Record<string, number> = {
      ArrowDown: this.#active >= last ? 0 : this.#active + 1,
      ArrowUp: this.#active <= 0 ? last : this.#active - 1,
    };
    const move = moves[event.key];
    if (event.key === "Enter") this.#go(this.#active);
    else if (move !== undefined && last >= 0) this.#choose(move);
    else return;
    event.preventDefault();
  }
}

/** What stands around the first of the words that were found. */
function excerpt(text: string, terms: readonly string[]): string {
  const lower = text.toLowerCase();
  const at = Math.min(...terms.map((term) => lower.indexOf(term)).filter((place) => place >= 0));
  const from = Number.isFinite(at) ? Math.max(0, text.lastIndexOf(" ", Math.max(0, at - 40)) + 1) : 0;
  const cut = text.slice(from, from + EXCERPT);
  return `${from > 0 ? "… " : ""}${cut}${from + EXCERPT < text.length ? " …" : ""}`;
}
