// SPDX-License-Identifier: MIT

/**
 * A picture as it stands within a page. Pictures carry a style sheet for dark systems; the page has a switch of its
 * own, and its security policy allows no style sheets within the text, so the page's own rules take its place.
 */
export function pictureInPage(svg: string): string {
  return svg.replace(/<style>[^<]*<\/style>/g, "");
}
