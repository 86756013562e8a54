// SPDX-License-Identifier: MIT
import { runInNewContext } from "node:vm";

/** An element of the page: what the script of a recorded run uses of one. */
export class FakeElement {
  readonly attributes: Map<string, string> = new Map();
  readonly listeners: Map<string, (event: unknown) => void> = new Map();
  readonly parts: Map<string, FakeElement> = new Map();
  textContent = "";
  innerHTML = "";
  value = "";
  disabled = false;
  hidden = false;

  setAttribute(name: string, value: string): void {
    this.attributes.set(name, value);
  }

  querySelector(selector: string): FakeElement {
    const [, name = ""] = /^\[data-part="([\w-]+)"\]$/.exec(selector) ?? [];
    const found = this.parts.get(name);
    if (found === undefined) throw new Error(`the page has no part for ${selector}`);
    return found;
  }

  addEventListener(kind: string, act: (event: unknown) => void): void {
    this.listeners.set(kind, act);
  }

  /** Something happens to the element. */
  happens(kind: string, event: unknown = {}): void {
    this.listeners.get(kind)?.(event);
  }
}

/** A page with one output, whose script has run. */
export class FakePage {
  readonly root: FakeElement = new FakeElement();
  readonly #html: string;
  readonly #id: string;

  constructor(html: string) {
    this.#html = html;
    const [, id = ""] = /data-tsm-travel="(\w+)"/.exec(html) ?? [];
    this.#id = id;
    for (const [, name = ""] of html.slice(0, html.indexOf("<script>")).matchAll(/data-part="([\w-]+)"/g)) {
      if (this.root.parts.has(name)) throw new Error(`two parts are called ${name}`);
      this.root.parts.set(name, new FakeElement());
    }
    this.part("compare").value = "before";
    this.part("controls").hidden = true;
    this.runScript();
  }

  part(name: string): FakeElement {
    return this.root.querySelector(`[data-part="${name}"]`);
  }

  /** Runs the scripts of the output, with nothing to reach but the page. */
  runScript(): void {
    const document = {
      querySelectorAll: (selector: string): FakeElement[] => {
        const wanted = `[data-tsm-travel="${this.#id}"]:not([data-ready])`;
        if (selector !== wanted) throw new Error(`the script looks for ${selector}`);
        return this.root.attributes.has("data-ready") ? [] : [this.root];
      },
    };
    for (const [, script = ""] of this.#html.matchAll(/<script>(.*?)<\/script>/gs))
      runInNewContext(script, { document });
  }

  press(key: string, tagName = "BUTTON"): boolean {
    let taken = false;
    const preventDefault = (): void => {
      taken = true;
    };
    this.root.happens("keydown", { key, target: { tagName }, preventDefault });
    return taken;
  }
}
