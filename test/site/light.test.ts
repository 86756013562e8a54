// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { TRAVEL_SCRIPT } from "../../lib/src/view/travel-script.ts";
import { lightHtml } from "../../site/build/light-html.ts";
import { minifySvg } from "../../site/build/minify-svg.ts";
import { htmlFile } from "../../site/build/pictures.ts";
import { slidesOf } from "../../site/build/slides.ts";
import { htmlInPage, pictureInPage } from "../../site/runtime/picture.ts";

describe("a picture that is a file", () => {
  it.each([
    [
      "loses its words, which the page has",
      "<svg><title>a</title><desc>b</desc><g/></svg>",
      "<svg><g/></svg>",
    ],
    ["has coordinates to a tenth", '<rect x="1.26" width="0.04"/>', '<rect x="1.3" width="0"/>'],
    [
      "has straight paths in steps",
      '<path d="M16 134L24 126M16 142L32 126H40V130Z"/>',
      '<path d="m16 134l8 -8m-8 16l16 -16l8 0l0 4z"/>',
    ],
    ["keeps curves as they are", '<path d="M1 1C2 2 3 3 4 4"/>', '<path d="M1 1C2 2 3 3 4 4"/>'],
  ])("%s", (_, svg, expected) => {
    expect(minifySvg(svg)).toBe(expected);
  });
});

describe("a finished page", () => {
  it("has no quotes where none are needed, and says the same", () => {
    expect(
      lightHtml(
        '<p class="a b" id="c" data-x="" hidden><a href="../d.html#e">&quot;f="g"&quot;</a> <img alt="&quot;h&quot;"></p>',
      ),
    ).toBe(
      '<p class="a b" id=c data-x="" hidden><a href=../d.html#e>"f="g""</a> <img alt="&quot;h&quot;"></p>',
    );
  });
});

describe("what may stand in a page", () => {
  it("is a picture without its style sheet, also within JSON", () => {
    expect(pictureInPage("<svg><style>a{b:c}</style></svg>")).toBe("<svg></svg>");
    expect(pictureInPage('"\\u003csvg>\\u003cstyle>a{b:c}\\u003c/style>"')).toBe('"\\u003csvg>"');
  });

  it("is the record of a run as data, not as a script", () => {
    const html = `<div><script>${TRAVEL_SCRIPT}({"steps":[")("]},"0123abcd")</script></div>`;

    expect(htmlInPage(html)).toBe(
      '<div><script type="application/json" data-record="0123abcd">{"steps":[")("]}</script></div>',
    );
  });
});

describe("a large HTML output", () => {
  it("leaves its text in the page", () => {
    const file = htmlFile("x".repeat(10_000), "a < b");

    expect(file?.place("../")).toBe(`<pre data-later="../${file?.path}">a &lt; b</pre>`);
  });

  it("stays in the page when there is no text in its place", () => {
    expect(htmlFile("x".repeat(10_000), undefined)).toBeUndefined();
  });
});

describe("slides", () => {
  it("begin at headings, and go down after each code cell", () => {
    const text = (id: string, inner: string): string =>
      `<li class="nb-cell nb-text" id="cell-${id}">\n${inner}\n</li>\n`;
    const code = (id: string): string => `<li class="nb-cell nb-code" id="cell-${id}">\nx\n</li>\n`;
    const html = `<ol class="nb-cells" role="list">\n${text("a", "<h1>A</h1>")}${code("b")}${text("c", "c <h2>D</h2>")}${code("e")}</ol>\n`;
    const outline = slidesOf(html)
      .replace(/<\/?ol[^>]*>|<\/li>|<\/section>|\s+/g, "")
      .replace(/<liclass="nb-cellnb-\w+"(?:id="cell-(\w)")?>/g, "$1:");

    expect(outline).toBe("<section><section>a:<h1>A</h1>b:x<section>c:c<section>:<h2>D</h2>e:x");
  });
});
