// SPDX-License-Identifier: MIT
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import ts from "typescript";

/** What a cell may use without importing it. */
const GLOBALS = `
interface CellConsole {
  log(...values: unknown[]): void; info(...values: unknown[]): void; debug(...values: unknown[]): void;
  warn(...values: unknown[]): void; error(...values: unknown[]): void; trace(...values: unknown[]): void;
  dir(value: unknown, options?: object): void; table(rows: unknown): void;
  assert(condition?: unknown, ...values: unknown[]): void;
  count(label?: string): void; countReset(label?: string): void;
  group(...label: unknown[]): void; groupCollapsed(...label: unknown[]): void; groupEnd(): void;
  time(label?: string): void; timeLog(label?: string, ...values: unknown[]): void; timeEnd(label?: string): void;
}
declare const console: CellConsole;
declare const process: { readonly stdout: { write(text: string): boolean }; readonly stderr: { write(text: string): boolean } };
declare function setTimeout(handler: (...values: any[]) => void, ms?: number, ...values: any[]): number;
declare function clearTimeout(id?: number): void;
declare function setInterval(handler: (...values: any[]) => void, ms?: number, ...values: any[]): number;
declare function clearInterval(id?: number): void;
declare function queueMicrotask(callback: () => void): void;
declare function structuredClone<T>(value: T): T;
declare const performance: { now(): number };
`;

const TSLAB = `
export interface Display {
  javascript(s: string): void; html(s: string): void; markdown(s: string): void; latex(s: string): void;
  svg(s: string): void; png(b: Uint8Array): void; jpeg(b: Uint8Array): void; gif(b: Uint8Array): void;
  pdf(b: Uint8Array): void; text(s: string): void; raw(contentType: string, b: string | Uint8Array): void;
}
export declare function newDisplay(): Display;
export declare const display: Display;
`;

/**
 * All that the type checker of the cells has to know, by path: the declarations of ES2022, those of the library with
 * their comments, and the globals of a cell.
 *
 * @param root folder of the repository
 */
export function typeFiles(root: string): Record<string, string> {
  const files: Record<string, string> = { "/globals.d.ts": GLOBALS, "/tslab.d.ts": TSLAB };
  addLanguage(files, "es2022");
  const source = path.join(root, "lib/src");
  for (const name of readdirSync(source, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".ts")) continue;
    const { outputText } = ts.transpileDeclaration(readFileSync(path.join(source, name), "utf8"), {
      fileName: name,
      compilerOptions: { isolatedDeclarations: true, declaration: true, target: ts.ScriptTarget.ES2022 },
    });
    const declaration = outputText.replace(/(from |import\()("\.[^"]*)\.ts"/g, '$1$2.js"');
    files[`/library/${name.split(path.sep).join("/").replace(/\.ts$/, ".d.ts")}`] = declaration;
  }
  return files;
}

/** A part of the language's declarations, and those that it refers to. */
function addLanguage(files: Record<string, string>, part: string): void {
  const name = `/lib.${part}.d.ts`;
  if (files[name] !== undefined) return;
  const folder = path.dirname(createRequire(import.meta.url).resolve("typescript"));
  const text = readFileSync(path.join(folder, name), "utf8");
  files[name] = text.replace(/^\/\*![\s\S]*?\*\/\s*/, "");
  for (const [, other = ""] of text.matchAll(/\/\/\/ <reference lib="([^"]+)"/g)) addLanguage(files, other);
}
