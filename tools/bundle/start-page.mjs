// SPDX-License-Identifier: MIT

/** The files that the bundle has besides the site and the notebooks. */

/** Where the site lies in the bundle. */
export const SITE = "site";
const PORT = 8000;

/**
 * The page to begin with. It works when it is opened as a file, which the site does not: browsers load no modules and
 * start no workers from files.
 *
 * @param {readonly { file: string, title: string }[]} notebooks
 * @returns {string}
 */
export function startPage(notebooks) {
  const rows = notebooks.map(({ file, title }) => {
    const page = file.replace(/\.ipynb$/, ".html");
    return `<li><a href="${SITE}/notebooks/${page}">${escapeHtml(title)}</a> (<a href="notebooks/${file}">file for Jupyter</a>)</li>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The TSM map tutorial, offline</title>
<link rel="icon" href="${SITE}/icon.svg">
<style>body { max-width: 45rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.6 system-ui, sans-serif; color-scheme: light dark }</style>
</head>
<body>
<main>
<h1>The TSM map tutorial, offline</h1>
<p>All of the course is in this folder, and nothing in it asks the network. Browsers run cells only on pages that come from a
server, so start one in this folder, with what is at hand:</p>
<pre>node serve.mjs
python3 -m http.server ${PORT} --bind 127.0.0.1</pre>
<p>Then open <a href="http://127.0.0.1:${PORT}/">http://127.0.0.1:${PORT}/</a>. Any other file server will do as well.</p>
<p><a href="${SITE}/index.html">Open the course</a></p>
<ul>
${rows.join("\n")}
</ul>
</main>
</body>
</html>
`;
}

/** Starts the server of the bundle. */
export const SERVE = `// SPDX-License-Identifier: MIT
// node serve.mjs: serves this folder to this machine alone.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { serveFolder } from "./serve-folder.mjs";

const folder = path.dirname(fileURLToPath(import.meta.url));
try {
  const { url } = await serveFolder(folder, { port: ${PORT} });
  console.log(\`The course is at \${url}\\nCtrl-C here ends it.\`);
} catch (error) {
  if (error.code !== "EADDRINUSE") throw error;
  console.error("Port ${PORT} is in use: end what uses it, or use another file server.");
  process.exitCode = 1;
}
`;

/** @param {string} text */
function escapeHtml(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;");
}
