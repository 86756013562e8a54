// SPDX-License-Identifier: MIT
import type { RaceActor, RaceReply, RaceRequest, RaceShown, RaceTurn } from "../runtime/race-protocol.ts";
import { button, element } from "./dom.ts";
import { linkOf, readLink } from "./race-link.ts";

/** The game in which the reader is the scheduler. Its whole state is in the address: race, kernel and who went. */
class RacePage {
  readonly #root: HTMLElement;
  readonly #race: HTMLSelectElement;
  readonly #kernel: HTMLSelectElement;
  readonly #notice = element("div", { class: "cell-notice", role: "alert" });
  readonly #question = element("p", { class: "race-question" });
  readonly #actors = element("div", { class: "race-actors", role: "group", "aria-label": "Who goes next" });
  readonly #message = element("p", { class: "race-message", role: "status" });
  readonly #turns = element("ol", { class: "race-turns" });
  readonly #noTurns = element("p", {}, "Nobody has gone yet.");
  readonly #state = element("tbody");
  readonly #counted = element("code");
  readonly #undo = button("Undo", "the last turn", () => this.#play(this.#schedule.slice(0, -1)));
  #schedule = "";
  #worker = this.#startWorker();
  #requests = 0;

  constructor(root: HTMLElement) {
    this.#root = root;
    this.#race = root.querySelector("#race-race") as HTMLSelectElement;
    this.#kernel = root.querySelector("#race-kernel") as HTMLSelectElement;
    for (const select of [this.#race, this.#kernel]) select.addEventListener("change", () => this.#play(""));
    this.#notice.hidden = true;
    root.append(this.#notice, this.#question, this.#actors, this.#message, this.#tools(), this.#panels());
    root.addEventListener("keydown", (event) => this.#onKey(event));
    addEventListener("hashchange", () => this.#open());
    this.#open();
  }

  #tools(): HTMLElement {
    return element(
      "div",
      { class: "race-tools" },
      this.#undo,
      button("Start again", "", () => this.#play("")),
      button("Hint", "", () => this.#play(this.#schedule, true)),
      button("Copy link", "to this state", () => void this.#copyLink()),
      element("span", { class: "race-schedule" }, "schedule ", this.#counted),
    );
  }

  #panels(): HTMLElement {
    const head = element(
      "tr",
      {},
      element("th", { scope: "col" }, "what"),
      element("th", { scope: "col" }, "value"),
    );
    const table = element("table", {}, element("thead", {}, head), this.#state);
    return element(
      "div",
      { class: "race-panels" },
      element(
        "section",
        { "aria-label": "Turns so far" },
        element("h2", {}, "Turns so far"),
        this.#noTurns,
        this.#turns,
      ),
      element(
        "section",
        { "aria-label": "Shared state" },
        element("h2", {}, "Shared state"),
        element(
          "div",
          { class: "table-scroll", tabindex: "0", role: "group", "aria-label": "Shared state, as a table" },
          table,
        ),
      ),
    );
  }

  /** Opens the game that the address names, or the first one. */
  #open(): void {
    const known = { races: valuesOf(this.#race), kernels: valuesOf(this.#kernel) };
    const linked = readLink(location.hash, known);
    this.#notice.hidden = true;
    if (linked === undefined) {
      this.#play("");
    } else if ("problem" in linked) {
      this.#choose(linked.usable);
      this.#explain(linked.problem);
      this.#ask(linked.usable.schedule, false, true);
    } else {
      this.#choose(linked);
      this.#ask(linked.schedule, false, true);
    }
  }

  #choose({ race, kernel }: { readonly race: string; readonly kernel: string }): void {
    this.#race.value = race;
    this.#kernel.value = kernel;
  }

  /** Says what is wrong with a link; the address stays as it came until the reader goes on. */
  #explain(problem: string): void {
    this.#notice.replaceChildren(
      element("p", {}, `${problem} What could be used of it is shown below.`),
      button("Start with the first race", "", () => {
        this.#choose({ race: valuesOf(this.#race)[0] ?? "", kernel: valuesOf(this.#kernel)[0] ?? "" });
        this.#play("");
        this.#race.focus();
      }),
    );
    this.#notice.hidden = false;
  }

  #play(schedule: string, hint = false): void {
    this.#notice.hidden = true;
    this.#ask(schedule, hint, false);
  }

  #ask(schedule: string, hint: boolean, fromLink: boolean): void {
    const request: RaceRequest = {
      id: ++this.#requests,
      race: this.#race.value,
      kernel: this.#kernel.value,
      schedule,
      hint,
    };
    if (hint) this.#message.textContent = "Looking for a way …";
    this.#root.setAttribute("aria-busy", "true");
    this.#worker.onmessage = ({ data }: MessageEvent<RaceReply>) => {
      if (data.id !== this.#requests) return;
      this.#root.setAttribute("aria-busy", "false");
      if ("problem" in data) this.#explain(`This game cannot be played: ${data.problem}.`);
      else this.#show(data.shown, request, fromLink);
    };
    this.#worker.postMessage(request);
  }

  #startWorker(): Worker {
    const worker = new Worker(new URL("../runtime/race-worker.ts", import.meta.url), { type: "module" });
    worker.onerror = () => {
      this.#message.textContent =
        "The part that plays the races could not be loaded; reload the page to try again.";
    };
    return worker;
  }

  #show(shown: RaceShown, request: RaceRequest, fromLink: boolean): void {
    this.#schedule = shown.schedule;
    const wanted = request.schedule.replace(/([A-Za-z])(\d+)/g, (_, one: string, n: string) =>
      one.repeat(Number(n)),
    );
    if (fromLink && wanted.replace(/[\s+]/g, "") !== shown.schedule) {
      this.#explain(`The schedule of this link goes on where it cannot: ${shown.message}`);
    } else if (this.#notice.hidden) {
      history.replaceState(null, "", linkOf({ ...request, schedule: shown.schedule }));
    }
    this.#question.textContent = shown.question;
    this.#message.textContent = shown.message;
    this.#message.dataset["outcome"] = shown.outcome;
    this.#counted.textContent = shown.counted === "" ? "none" : shown.counted;
    this.#undo.setAttribute("aria-disabled", String(shown.schedule === ""));
    const focused = (document.activeElement as HTMLElement | null)?.dataset["letter"];
    this.#actors.replaceChildren(...shown.actors.map((actor) => this.#actor(actor)));
    if (focused !== undefined) this.#actors.querySelector<HTMLElement>(`[data-letter="${focused}"]`)?.focus();
    this.#noTurns.hidden = shown.turns.length > 0;
    this.#turns.replaceChildren(...shown.turns.map((turn, i) => this.#turn(turn, i)));
    this.#turns.scrollTop = this.#turns.scrollHeight;
    const changed = new Set(shown.turns.at(-1)?.changed.map(({ what }) => what));
    this.#state.replaceChildren(
      ...shown.state.map(({ what, value }) => {
        const isNew = changed.has(what);
        return element(
          "tr",
          isNew ? { class: "changed" } : {},
          element("td", {}, what),
          element("td", {}, value, ...(isNew ? [element("em", {}, " changed")] : [])),
        );
      }),
    );
  }

  #actor({ letter, what, canGo, next, holds, result }: RaceActor): HTMLElement {
    const go = button(`${letter} goes`, "", () => {
      if (canGo) this.#play(this.#schedule + letter);
      else this.#message.textContent = `${letter} cannot go: it ${next}.`;
    });
    go.dataset["letter"] = letter;
    go.setAttribute("aria-disabled", String(!canGo));
    go.setAttribute("aria-keyshortcuts", letter);
    const state = canGo && result === undefined ? `next: ${next}` : next;
    return element(
      "div",
      { class: canGo ? "race-actor can-go" : "race-actor" },
      go,
      element("p", { class: "race-what" }, what),
      element("p", { class: "race-next" }, state),
      ...(holds.length === 0 ? [] : [element("p", { class: "race-holds" }, `holds ${holds.join(", ")}`)]),
    );
  }

  #turn({ actor, place, actions, changed }: RaceTurn, i: number): HTMLElement {
    const changes = changed.map(({ what, before, after }) => `${what}: ${before} → ${after}`);
    const said = [...actions, ...changes];
    return element(
      "li",
      {},
      element("strong", {}, actor),
      ` ${place ?? ""}`,
      ...(said.length === 0 ? [] : [element("ul", {}, ...said.map((line) => element("li", {}, line)))]),
      ...(i === this.#schedule.length - 1
        ? []
        : [button("Back to here", `after turn ${i + 1}`, () => this.#play(this.#schedule.slice(0, i + 1)))]),
    );
  }

  async #copyLink(): Promise<void> {
    try {
      await navigator.clipboard.writeText(location.href);
      this.#message.textContent = "The link is copied: it opens this race with these turns.";
    } catch {
      this.#message.textContent = "The browser did not allow copying; the link is the address of this page.";
    }
  }

  /** Keys count only while the focus is in the game, and not in its lists to choose from. */
  #onKey(event: KeyboardEvent): void {
    const { target, key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || target instanceof HTMLSelectElement) return;
    const go = this.#actors.querySelector<HTMLElement>(`[data-letter="${CSS.escape(key.toUpperCase())}"]`);
    const acts: Record<string, () => void> = {
      Backspace: () => this.#play(this.#schedule.slice(0, -1)),
      "?": () => this.#play(this.#schedule, true),
    };
    const act = go ? () => go.click() : acts[key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  }
}

function valuesOf(select: HTMLSelectElement): string[] {
  return [...select.options].map(({ value }) => value);
}

const root = document.getElementById("race-game");
if (root) new RacePage(root);
