// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import path from "node:path";
import type { Plugin, Rolldown } from "vite";
import { DARK, PICTURE_CLASS } from "../../lib/src/view/dark.ts";
import { ownPages } from "../pages/index.ts";
import { filePages } from "./contents.ts";
import { type Assets, SITE_TITLE } from "./layout.ts";
import { lightHtml } from "./light-html.ts";
import { checkAddresses } from "./links.ts";
import type { Page } from "./page.ts";
import { repositoryAt } from "./repository.ts";
import { serviceWorker } from "./service-worker.ts";
import { renderSite } from "./site.ts";
import { definitions } from "./terms.ts";
import { typeFiles } from "./type-files.ts";

const COLOURS = "assets/colours.css";
/** For pictures within a page; those that are files of their own bring their colours along. */
const PICTURES = "assets/pictures.css";

/** Adds to the bundle: all pages, the colours of code, the manifest, the icon and the service worker. */
export function sitePages(root: string): Plugin {
  return {
    name: "site-pages",
    // After Vite has taken away the empty scripts of entries that are styles only: a file that is listed must be there.
    enforce: "post",
    async generateBundle(_, bundle) {
      const files = new Map(
        Object.values(bundle)
          .filter((file) => !isOnlyStyles(file))
          .map((file) => [file.fileName, contentOf(file)]),
      );
      const emit = (fileName: string, source: string): void => {
        files.set(fileName, source);
        this.emitFile({ type: "asset", fileName, source });
      };
      const repository = repositoryAt(root);
      const site = await renderSite(
        repository,
        withOwn(await ownPages(repository), filePages(repository)),
        assetsOf(bundle),
      );
      for (const [page, html] of site.pages) emit(page, lightHtml(html));
      for (const [path, content] of site.recorded) emit(path, content);
      emit(COLOURS, site.css);
      emit(PICTURES, pictureRules());
      emit("type-files.json", JSON.stringify(typeFiles(root)));
      emit("search.json", JSON.stringify(site.places));
      emit("terms.json", JSON.stringify(definitions()));
      emit("manifest.webmanifest", manifest());
      emit("icon.svg", readFileSync(path.join(root, "site/build/icon.svg"), "utf8"));

      checkAddresses(site.pages, new Set(files.keys()), site.sourceOf);
      emit("sw.js", serviceWorker(files));
    },
  };
}

/** The front page first. A page that is written for the site takes the place of the document that says the same. */
function withOwn(own: readonly Page[], files: readonly Page[]): Page[] {
  const ofFile = new Map(own.map((page) => [page.source, page]));
  const inPlace = files.map((page) => ofFile.get(page.source) ?? page);
  const [home, ...others] = own.filter((page) => !inPlace.includes(page));
  return [...(home ? [home] : []), ...inPlace, ...others];
}

/** The pictures' colours in the light and in the dark, by the page's own choice. */
function pictureRules(): string {
  return Object.entries(DARK)
    .flatMap(([light, dark]) =>
      ["fill", "stroke"].map(
        (part) => `.${PICTURE_CLASS} [${part}="${light}"]{${part}:light-dark(${light},${dark})}`,
      ),
    )
    .join("\n");
}

/** The empty script of an entry that is a style sheet: the bundler takes it away in the end. */
function isOnlyStyles(file: Rolldown.OutputAsset | Rolldown.OutputChunk): boolean {
  return file.type === "chunk" && (file.facadeModuleId?.endsWith(".css") ?? false);
}

function contentOf(file: Rolldown.OutputAsset | Rolldown.OutputChunk): string | Uint8Array {
  return file.type === "chunk" ? file.code : file.source;
}

function assetsOf(bundle: Rolldown.OutputBundle): Assets {
  const styleName = (file: string): string => path.basename(file).replace(/[-.].*/, "");
  const files = Object.values(bundle);
  const entries = files.filter((file) => file.type === "chunk").filter(({ isEntry }) => isEntry);
  return {
    scripts: Object.fromEntries(entries.map(({ name, fileName }) => [name, fileName])),
    imports: Object.fromEntries(entries.map(({ name, imports }) => [name, imports])),
    styles: Object.fromEntries(
      files
        .map(({ fileName }) => fileName)
        .filter((name) => name.endsWith(".css"))
        .concat(COLOURS, PICTURES)
        .map((name) => [styleName(name), name]),
    ),
  };
}

function manifest(): string {
  return JSON.stringify({
    name: SITE_TITLE,
    short_name: "TSM map",
    start_url: "./index.html",
    scope: "./",
    display: "standalone",
    background_color: "#fcfcfa",
    theme_color: "#1f5f6b",
    icons: [{ src: "icon.svg", sizes: "any", type: "image/svg+xml" }],
  });
}
