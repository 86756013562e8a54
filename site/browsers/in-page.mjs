// SPDX-License-Identifier: MIT
// What is done in the page of a browser under test. Each function goes there as text, so it uses nothing from outside.

/** Waits until the page's scripts have run: a driver may take a page for loaded before. */
export async function ready() {
  while (!document.querySelector("live-cell button, #race-game button, article.document"))
    await new Promise((resolve) => setTimeout(resolve, 50));
  return "0";
}

/** Runs every cell; answers how it ended and all that the page and its worker said to each other. */
export async function runAll() {
  /** @type {unknown[]} */
  const heard = [];
  const Plain = globalThis.Worker;
  globalThis.Worker = class extends Plain {
    /** @param {ConstructorParameters<typeof Worker>} parameters */
    constructor(...parameters) {
      super(...parameters);
      this.addEventListener("message", ({ data }) => heard.push(data));
    }
    /** @override @param {unknown} message */
    postMessage(message) {
      heard.push(message);
      super.postMessage(message);
    }
  };
  const buttons = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".notebook-bar button"));
  [...buttons].find(({ textContent }) => textContent?.startsWith("Run all"))?.click();
  const said = () => document.querySelector("body > [role=status]")?.textContent ?? "";
  while (!/^Cell \d+ (?:ran|failed|was)/.test(said()))
    await new Promise((resolve) => setTimeout(resolve, 50));
  return JSON.stringify({ said: said(), heard });
}

/** Runs the story of the front page; answers its output as recorded and as run. */
export async function runStory() {
  const shown = () => document.querySelector("live-cell .nb-stdout")?.textContent ?? "";
  const recorded = shown();
  /** @type {HTMLElement | null} */ (document.querySelector("live-cell button.primary"))?.click();
  const said = () => document.querySelector("body > [role=status]")?.textContent ?? "";
  while (!/ran\.$/.test(said())) await new Promise((resolve) => setTimeout(resolve, 50));
  return JSON.stringify({ recorded, now: shown() });
}

/** Types an endless loop into the first cell, runs it, and stops it; answers what the cell says then. */
export async function stopLoop() {
  const cell = /** @type {HTMLElement} */ (document.querySelector("live-cell"));
  const wait = () => new Promise((resolve) => setTimeout(resolve, 50));
  /** @param {string} name */
  const button = (name) =>
    /** @type {HTMLElement | undefined} */ (
      [...cell.querySelectorAll("button")].find(({ textContent }) => textContent?.startsWith(name))
    );
  button("Edit")?.click();
  const content = () => cell.querySelector(".cell-source > div")?.shadowRoot?.querySelector(".cm-content");
  while (!content()) await wait();
  const editor = /** @type {HTMLElement} */ (content());
  editor.focus();
  editor.querySelector(".cm-line")?.prepend("for (;;) {} ");
  while (!editor.textContent?.includes("for (;;) {}")) await wait();
  button("Run cell")?.click();
  const status = () => cell.querySelector(".cell-status")?.textContent ?? "";
  while (status() !== "running") await wait();
  await new Promise((resolve) => setTimeout(resolve, 1500));
  button("Stop")?.click();
  while (status() === "running") await wait();
  button("Reset")?.click();
  return JSON.stringify(status() || "reset");
}

/** Runs the first exercise as it stands; answers what its check says. */
export async function checkExercise() {
  const wait = () => new Promise((resolve) => setTimeout(resolve, 50));
  const bar = /** @type {HTMLElement} */ (document.querySelector(".exercise-bar"));
  bar.scrollIntoView();
  while (!bar.querySelector("button")) await wait();
  bar.querySelector("button")?.click();
  const outputs = () => bar.closest("live-cell")?.querySelector(".nb-outputs")?.textContent ?? "";
  const said = () => document.querySelector("body > [role=status]")?.textContent ?? "";
  while (!/^Cell \d+ (?:ran|failed)/.test(said())) await wait();
  return JSON.stringify(outputs());
}

/** Searches for a function; answers the first place that is found. */
export async function search() {
  const wait = () => new Promise((resolve) => setTimeout(resolve, 50));
  dispatchEvent(new KeyboardEvent("keydown", { key: "/", bubbles: true }));
  document.dispatchEvent(new KeyboardEvent("keydown", { key: "/", bubbles: true }));
  const field = () => /** @type {HTMLInputElement | null} */ (document.querySelector("[role=combobox]"));
  if (!field()) /** @type {HTMLElement | null} */ (document.querySelector("#head-tools button"))?.click();
  while (!field()) await wait();
  const input = /** @type {HTMLInputElement} */ (field());
  input.value = "kvm_gmem_get_pfn";
  input.dispatchEvent(new InputEvent("input", { bubbles: true }));
  const first = () => document.querySelector("[role=option]")?.textContent ?? "";
  while (!first().includes("kvm_gmem_get_pfn")) await wait();
  return JSON.stringify(first());
}

/** Plays two turns of the first race; answers how many there are then. */
export async function playRace() {
  const wait = () => new Promise((resolve) => setTimeout(resolve, 50));
  const turns = () => document.querySelectorAll(".race-turns > li").length;
  for (const actor of ["M", "P"]) {
    const before = turns();
    const go = () =>
      [...document.querySelectorAll("button")].find(({ textContent }) =>
        textContent?.startsWith(`${actor} goes`),
      );
    while (!go()) await wait();
    go()?.click();
    while (turns() === before) await wait();
  }
  return JSON.stringify(turns());
}
