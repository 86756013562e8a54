// SPDX-License-Identifier: MIT
import type { Publish } from "./messages.ts";

/** The package that notebooks in Jupyter take `display` from. Here it is this one. */
export function tslabModule(publish: Publish): Record<string, unknown> {
  let displays = 0;
  return {
    display: display((type, data) => publish({ type: "display_data", data: { [type]: data } })),
    newDisplay: () => {
      const id = `display-${++displays}`;
      let shown = false;
      return display((type, data) => {
        publish({ type: shown ? "update_display_data" : "display_data", data: { [type]: data }, id });
        shown = true;
      });
    },
  };
}

function display(show: (mime: string, data: string) => void): Record<string, unknown> {
  const raw = (mime: string, data: string | Uint8Array): void => {
    show(mime, typeof data === "string" ? data : btoa(String.fromCharCode(...data)));
  };
  const of = (mime: string) => (data: string | Uint8Array) => raw(mime, data);
  return {
    javascript: of("text/javascript"),
    html: of("text/html"),
    markdown: of("text/markdown"),
    latex: of("text/latex"),
    svg: of("image/svg+xml"),
    png: of("image/png"),
    jpeg: of("image/jpeg"),
    gif: of("image/gif"),
    pdf: of("application/pdf"),
    text: of("text/plain"),
    raw,
  };
}
