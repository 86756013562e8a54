// SPDX-License-Identifier: MIT

/**
 * A picture as it stands within a page. Pictures carry a style sheet for dark systems; the page has a switch of its
 * own, and its security policy allows no style sheets within the text, so the page's own rules take its place.
 */
export function pictureInPage(svg: string): string {
  return svg.replace(STYLES, "");
}

/** Also where a picture stands in JSON, in which no tag begins. */
const STYLES = /(?:<|\\u003c)style>(?:(?!\\u003c)[^<])*(?:<|\\u003c)\/style>/g;

/** How the library writes a run that moves: a function, called with its record and the name of its element. */
const TRAVEL =
  /<script>\(function \(record, id\) \{[\s\S]*?\}\)\((\{[\s\S]*?\}),"([0-9a-f]{8})"\)<\/script>/g;

/**
 * HTML of an output as it may stand in a page. The page's security policy runs no script from within the text, so a
 * recorded run leaves its record there as data, and the page's own script moves it.
 */
export function htmlInPage(html: string): string {
  return pictureInPage(html).replace(TRAVEL, '<script type="application/json" data-record="$2">$1</script>');
}
