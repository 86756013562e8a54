// SPDX-License-Identifier: MIT
import { parse } from "acorn";
import { transform } from "sucrase";
import { boundNames, declaredNames, type Node, nameOf, part, parts } from "./ast.ts";
import { Edits } from "./edits.ts";
import { References, SCOPE } from "./references.ts";
import { originsOf, type Position } from "./source-map.ts";

/** Names of the parameters of a compiled cell, in order. */
export const PARAMETERS = [SCOPE, "__cell", "console", "process"] as const;

/** Name of the function that a cell becomes. Traces do not show it. */
export const CELL_BODY = "__body";

/** What a compiled cell calls. */
export interface CellCalls {
  /** Loads a module. */
  import(specifier: string): Promise<Record<string, unknown>>;
  /** Takes the value of the last expression. */
  result(value: unknown): void;
}

/** A cell that can be run. */
export interface CompiledCell {
  /** Source of an async function of `PARAMETERS`. */
  readonly code: string;
  /** What the cell declares at its top level. */
  readonly names: readonly string[];
  /** From a place in `code` to the one in the cell. */
  readonly locate: (at: Position) => Position;
}

/** The cell is no TypeScript. */
export class CellSyntaxError extends SyntaxError {
  readonly at: Position;

  constructor(message: string, at: Position) {
    super(message);
    this.name = "SyntaxError";
    this.at = at;
  }
}

/**
 * Compiles a cell. Types are taken out; what stands at the top level is shared by all cells through an object, so that
 * later cells see it, may declare it again, and functions see what it has become.
 *
 * @param source TypeScript
 * @param known names that earlier cells declared
 * @throws CellSyntaxError
 */
export function compileCell(source: string, known: Iterable<string> = []): CompiledCell {
  const script = withoutTypes(source);
  const statements = parseScript(script);
  const names = statements.flatMap(topLevelNames);
  const edits = new Edits(script.code);
  const references = new References(new Set([...known, ...names]), edits, script.code);
  const prelude = statements
    .map((statement, i) => rewriteTop(statement, i === statements.length - 1, script.code, edits, references))
    .join("");
  const { text, origin } = edits.apply();
  const head = `(async function ${CELL_BODY}(${PARAMETERS.join(", ")}) {"use strict";${prelude}`;
  const code = `${head}${text}\n})`;
  return {
    code,
    names,
    locate: (at) => {
      const offset = offsetOf(code, at) - head.length;
      return script.origin(positionAt(script.code, origin(Math.max(0, Math.min(offset, text.length)))));
    },
  };
}

interface Script {
  readonly code: string;
  readonly origin: (at: Position) => Position;
}

function withoutTypes(source: string): Script {
  try {
    const { code, sourceMap } = transform(source, {
      transforms: ["typescript"],
      disableESTransforms: true,
      production: true,
      // What is imported may be used by a later cell only.
      keepUnusedImports: true,
      filePath: "cell.ts",
      sourceMapOptions: { compiledFilename: "cell.js" },
    });
    return { code, origin: originsOf(sourceMap?.mappings ?? "") };
  } catch (error) {
    throw syntaxError(error, /^Error transforming \S+: /);
  }
}

function parseScript(script: Script): Node[] {
  try {
    const program = parse(script.code, { ecmaVersion: 2022, sourceType: "module" }) as unknown as Node;
    return parts(program, "body");
  } catch (error) {
    const found = syntaxError(error, /^$/);
    throw new CellSyntaxError(found.message, script.origin(found.at));
  }
}

/** Both parsers put the place behind the message, and count lines from 1; sucrase columns too. */
function syntaxError(error: unknown, prefix: RegExp): CellSyntaxError {
  const { message, loc } = error as { message: string; loc?: { line: number; column: number } };
  const text = message.replace(prefix, "").replace(/ \(\d+:\d+\)$/, "");
  const firstColumn = prefix.source === "^$" ? 0 : 1;
  return new CellSyntaxError(text, {
    line: (loc?.line ?? 1) - 1,
    column: Math.max(0, (loc?.column ?? firstColumn) - firstColumn),
  });
}

function topLevelNames(statement: Node): string[] {
  if (statement.type !== "ImportDeclaration") return declaredNames(statement);
  return parts(statement, "specifiers").map((one) => nameOf(part(one, "local")));
}

/**
 * Rewrites a statement of the top level.
 *
 * @returns what has to happen before all statements: functions and imports are there from the beginning
 */
function rewriteTop(
  statement: Node,
  isLast: boolean,
  source: string,
  edits: Edits,
  references: References,
): string {
  switch (statement.type) {
    case "ImportDeclaration":
      edits.blank(statement.start, statement.end);
      return importCode(statement);
    case "FunctionDeclaration": {
      const name = nameOf(part(statement, "id"));
      references.rewrite(statement);
      return `${SCOPE}.${name} = ${name};`;
    }
    case "ClassDeclaration":
      edits.insert(statement.start, `;${SCOPE}.${nameOf(part(statement, "id"))} = `);
      references.rewrite(statement);
      edits.insert(statement.end, ";");
      return "";
    case "VariableDeclaration":
      rewriteVariables(statement, edits, references);
      references.endStatement(statement);
      return "";
    case "ExpressionStatement":
      if (isLast) keepResult(statement, source, edits, references);
      else references.rewrite(statement);
      return "";
    case "ExportNamedDeclaration":
    case "ExportDefaultDeclaration":
    case "ExportAllDeclaration":
      throw new CellSyntaxError(
        "a cell exports nothing: later cells see its names as they are",
        positionAt(source, statement.start),
      );
    default:
      references.rewrite(statement);
      return "";
  }
}

/** `const a = 1, { b } = c` becomes `;($.a = 1), ({ b: $.b } = c)`, with the names that functions would have had. */
function rewriteVariables(statement: Node, edits: Edits, references: References): void {
  const declarations = parts(statement, "declarations");
  edits.replace(statement.start, declarations[0]?.start ?? statement.start, ";");
  for (const declaration of declarations) {
    const [id, init] = [part(declaration, "id"), part(declaration, "init")];
    if (!id) continue;
    const name = init && isAnonymous(init) ? nameOf(id) : "";
    edits.insert(declaration.start, "(");
    references.rewrite(id);
    if (init && name !== "") edits.insert(init.start, `({${name}: `);
    if (init) references.rewrite(init);
    if (init && name !== "") edits.insert(init.end, `}).${name}`);
    // A `var` without a value keeps the one that it has, as `enum` relies on.
    if (!init)
      edits.insert(id.end, statement["kind"] === "var" ? ` = ${SCOPE}.${nameOf(id)}` : " = undefined");
    edits.insert(declaration.end, ")");
  }
}

function isAnonymous(init: Node): boolean {
  return /^(?:Arrow)?FunctionExpression$|^ClassExpression$/.test(init.type) && !part(init, "id");
}

/** Hands the value of the last expression over. */
function keepResult(statement: Node, source: string, edits: Edits, references: References): void {
  const expression = part(statement, "expression");
  if (!expression) return;
  const end = source[statement.end - 1] === ";" ? statement.end - 1 : statement.end;
  edits.insert(statement.start, ";__cell.result((");
  references.rewrite(expression);
  edits.insert(end, "))");
  references.endStatement(statement);
}

function importCode(statement: Node): string {
  const module = `await __cell.import(${JSON.stringify(part(statement, "source")?.["value"])})`;
  const takes = parts(statement, "specifiers").map((one) => {
    const local = boundNames(part(one, "local")).join();
    if (one.type === "ImportNamespaceSpecifier") return `${SCOPE}.${local} = m;`;
    const imported = part(one, "imported");
    const name =
      one.type === "ImportDefaultSpecifier" ? "default" : (imported?.["value"] ?? nameOf(imported));
    return `${SCOPE}.${local} = m[${JSON.stringify(name)}];`;
  });
  return `{const m = ${module};${takes.join("")}}`;
}

function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length - 1, column: before.at(-1)?.length ?? 0 };
}

function offsetOf(text: string, { line, column }: Position): number {
  const before = text.split("\n").slice(0, line);
  return before.reduce((sum, one) => sum + one.length + 1, 0) + column;
}
