// SPDX-License-Identifier: MIT

/** A new element with its text or children. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string>> = {},
  ...content: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...content);
  return made;
}

/** A button. What assistive technology reads begins with what stands on it. */
export function button(text: string, more: string, on: () => void): HTMLButtonElement {
  const made = element("button", { type: "button" }, text);
  if (more !== "") made.append(element("span", { class: "hidden-text" }, ` ${more}`));
  made.addEventListener("click", on);
  return made;
}

/** How far from the window something is fetched that is not needed before. */
const NEAR = "600px";

/** Acts once when the reader comes near an element. */
export function whenNear(target: Element, act: () => void): void {
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      observer.disconnect();
      act();
    },
    { rootMargin: NEAR },
  );
  observer.observe(target);
}

/** Acts once the page can be used, and no sooner: for work that nobody waits for in the first moment. */
export function whenUsable(act: () => void): void {
  addEventListener("load", () => setTimeout(act, 500));
}

/** Acts when the page has nothing else to do. `hasTime` is true while that lasts. */
export function whenIdle(act: (hasTime: () => boolean) => void): void {
  // Safari does not tell when it is idle.
  if (!("requestIdleCallback" in globalThis)) setTimeout(() => act(() => false), 50);
  else requestIdleCallback((deadline) => act(() => deadline.timeRemaining() > 5));
}

let region: HTMLElement | undefined;

/** Has a sentence read out, without moving the focus. */
export function announce(sentence: string): void {
  if (region === undefined) {
    region = element("div", { class: "hidden-text", role: "status" });
    document.body.append(region);
  }
  region.textContent = sentence;
}
