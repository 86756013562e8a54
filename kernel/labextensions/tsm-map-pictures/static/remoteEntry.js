// SPDX-License-Identifier: MIT
// JupyterLab shows an SVG as an image without an alternative text, so a screen reader hears nothing of it, and at its
// full width, so a narrow window cuts it off. This extension gives each such image the name and the description that
// the SVG itself carries, and lets it shrink. It is written in the form in which JupyterLab loads extensions, and so
// needs no build and no package.
(() => {
  const NAME = "tsm-map-pictures";
  const DATA = "data:image/svg+xml,";
  /** A picture shrinks to this part of its width. What is smaller cannot be read, and is scrolled instead. */
  const SMALLEST = 0.7;
  /** Out of sight, and not out of hearing. */
  const UNSEEN =
    "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:pre";

  /**
   * Text of the first element of a name, as it stands in our SVG: without elements inside.
   *
   * @param {string} svg
   * @param {string} element
   */
  function textOf(svg, element) {
    const [, text = ""] = new RegExp(`<${element}>([^<]*)</${element}>`).exec(svg) ?? [];
    return text
      .replace(/&lt;/g, "<")
      .replace(/&gt;/g, ">")
      .replace(/&quot;/g, '"')
      .replace(/&amp;/g, "&");
  }

  /**
   * Names an image, lets it shrink, and puts the lines of its description behind it.
   *
   * @param {HTMLImageElement} image
   */
  function describe(image) {
    if (image.hasAttribute("alt") || !image.src.startsWith(DATA)) return;
    const svg = decodeURIComponent(image.src.slice(DATA.length));
    const title = textOf(svg, "title");
    if (title === "") return;
    image.alt = title;
    const [, width = "0"] = /^<svg[^>]* width="([\d.]+)"/.exec(svg) ?? [];
    image.style.maxWidth = `max(100%, ${Math.round(SMALLEST * Number(width))}px)`;
    const lines = textOf(svg, "desc").split("\n").slice(1);
    if (lines.length === 0) return;
    const text = image.ownerDocument.createElement("div");
    text.style.cssText = UNSEEN;
    text.textContent = lines.join("\n");
    image.parentElement?.style.setProperty("position", "relative");
    image.after(text);
  }

  /** @param {ParentNode} root */
  function describeAll(root) {
    /** @type {NodeListOf<HTMLImageElement>} */
    const images = root.querySelectorAll(".jp-RenderedSVG img:not([alt])");
    for (const image of images) describe(image);
  }

  function activate() {
    describeAll(document);
    // An output is made apart from the page and put into it whole.
    new MutationObserver((changes) => {
      for (const { target } of changes) if (target instanceof Element) describeAll(target);
    }).observe(document.body, { childList: true, subtree: true });
  }

  const scope = /** @type {any} */ (window);
  scope._JUPYTERLAB ??= {};
  scope._JUPYTERLAB[NAME] = {
    init() {},
    get: async () => () => ({
      __esModule: true,
      default: { id: `${NAME}:plugin`, autoStart: true, activate },
    }),
  };
})();
