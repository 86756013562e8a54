// SPDX-License-Identifier: MIT
"use strict";

const { SourceMap } = require("node:module");
const vm = require("node:vm");
const { ts } = require("./tslab.cjs");

/**
 * From the ES module that tslab's converter makes of a cell to the body of a function that can be run.
 *
 * The body sees three parameters: `exports`, the scope that all cells of a notebook share; `require`; and
 * `__turns` (interrupt.cjs), through which every `await` of the cell goes.
 *
 * @typedef {{ line: number, column: number }} Position  both count from 0
 * @typedef {object} Lowered
 * @property {string} code  the body of the function
 * @property {boolean} awaits  whether the function must be async
 * @property {string[]} names  what the cell declares at its top level, values only
 * @property {(at: Position) => Position | undefined} locate  from a position in `code` to the one in the cell
 */

const MAP_COMMENT = "//# sourceMappingURL=";
const MAP_DATA = "data:application/json;base64,";
/** The converter puts `export {};` on a line of its own before the cell. */
const LINES_BEFORE_CELL = 1;

/**
 * @param {string} module  an ES module with an inline source map
 * @returns {Lowered}
 */
function lower(module) {
  const esm = cutSourceMap(module);
  /** @type {string[]} */
  const names = [];
  let awaits = false;
  const result = ts.transpileModule(esm.code, {
    fileName: "cell.js",
    compilerOptions: {
      module: ts.ModuleKind.CommonJS,
      esModuleInterop: true,
      target: ts.ScriptTarget.ES2022,
      newLine: ts.NewLineKind.LineFeed,
      noImplicitUseStrict: true,
      sourceMap: true,
    },
    transformers: {
      before: [
        () => (file) => {
          names.push(...exportedNames(file));
          awaits = hasTopLevelAwait(file);
          return file;
        },
      ],
      after: [
        (context) => (file) => {
          /** @type {import("@tslab/typescript-for-tslab").Visitor} */
          const visit = (node) => rewrite(ts.visitEachChild(node, visit, context));
          return ts.visitEachChild(file, visit, context);
        },
      ],
    },
  });
  return {
    code: cutSourceMap(result.outputText).code,
    awaits,
    names,
    locate: locator(result.sourceMapText ?? "", esm.map),
  };
}

/**
 * The function whose body is some lowered code. Throws the SyntaxError of what TypeScript lets pass, such as a regular
 * expression that is none. Positions in its stack traces count from the first line of the code.
 *
 * @param {Pick<Lowered, "code" | "awaits">} lowered
 * @param {string} filename
 * @returns {(exports: object, require: (id: string) => unknown, turns: import("./interrupt.cjs").Turns) => unknown}
 */
function instantiate({ code, awaits }, filename) {
  // Strict, as the type check assumes of a module.
  const head = `(${awaits ? "async " : ""}function (exports, require, __turns) { "use strict";`;
  return new vm.Script(`${head}\n${code}\n})`, { filename, lineOffset: -1 }).runInThisContext();
}

/**
 * Takes the trailing source map comment off some code.
 *
 * @param {string} text
 */
function cutSourceMap(text) {
  const at = text.lastIndexOf(MAP_COMMENT);
  if (at < 0) return { code: text, map: "" };
  const url = text.slice(at + MAP_COMMENT.length).trim();
  const map = url.startsWith(MAP_DATA) ? Buffer.from(url.slice(MAP_DATA.length), "base64").toString() : "";
  return { code: text.slice(0, at), map };
}

/**
 * Goes back through both steps: the function's body, the ES module, the cell.
 *
 * @param {string} lowerMap
 * @param {string} converterMap
 * @returns {Lowered["locate"]}
 */
function locator(lowerMap, converterMap) {
  return (at) => {
    const inModule = originOf(lowerMap, at);
    const inSource = inModule && originOf(converterMap, inModule);
    if (inSource === undefined || inSource.line < LINES_BEFORE_CELL) return undefined;
    return { line: inSource.line - LINES_BEFORE_CELL, column: inSource.column };
  };
}

/**
 * @param {string} map  the text of a source map
 * @param {Position} at
 * @returns {Position | undefined}
 */
function originOf(map, at) {
  if (map === "") return undefined;
  const entry = new SourceMap(JSON.parse(map)).findEntry(at.line, at.column);
  return "originalLine" in entry ? { line: entry.originalLine, column: entry.originalColumn } : undefined;
}

/**
 * The names in the `export { a, b }` that the converter adds for everything a cell declares.
 *
 * @param {import("@tslab/typescript-for-tslab").SourceFile} file
 */
function exportedNames(file) {
  return file.statements.flatMap((statement) =>
    ts.isExportDeclaration(statement) && statement.exportClause && ts.isNamedExports(statement.exportClause)
      ? statement.exportClause.elements.map((element) => element.name.text)
      : [],
  );
}

/**
 * @param {import("@tslab/typescript-for-tslab").Node} node
 * @returns {boolean}
 */
function hasTopLevelAwait(node) {
  if (ts.isFunctionLike(node)) return false;
  if (ts.isAwaitExpression(node) || isForAwait(node)) return true;
  return ts.forEachChild(node, (child) => hasTopLevelAwait(child) || undefined) ?? false;
}

/**
 * @param {import("@tslab/typescript-for-tslab").Node} node
 * @returns {node is import("@tslab/typescript-for-tslab").ForOfStatement}
 */
function isForAwait(node) {
  return ts.isForOfStatement(node) && node.awaitModifier !== undefined;
}

/**
 * The three changes to the code of a cell.
 *
 * @param {import("@tslab/typescript-for-tslab").Node} node
 * @returns {import("@tslab/typescript-for-tslab").Node}
 */
function rewrite(node) {
  if (ts.isAwaitExpression(node)) {
    return ts.setTextRange(interruptibleAwait(callTurns("take", [node.expression])), node);
  }
  if (isForAwait(node)) return interruptibleForAwait(node);
  if (ts.isExpressionStatement(node)) return assignedImport(node) ?? node;
  return node;
}

/**
 * `await x` becomes `__turns.resume(__turns.interrupts, await __turns.take(x))`: when an interrupt came while it
 * waited, the cell does not go on behind the notebook's back.
 *
 * @param {import("@tslab/typescript-for-tslab").Expression} awaited
 */
function interruptibleAwait(awaited) {
  return callTurns("resume", [turnsMember("interrupts"), ts.factory.createAwaitExpression(awaited)]);
}

/**
 * `for await (…) body` gets `if (__turns.due()) … await __turns.next()` before its body: an iterator that never
 * waits would otherwise keep the event loop, and with it an interrupt, from ever having its turn.
 *
 * @param {import("@tslab/typescript-for-tslab").ForOfStatement} node
 */
function interruptibleForAwait(node) {
  const { factory } = ts;
  const wait = factory.createExpressionStatement(interruptibleAwait(callTurns("next", [])));
  const body = factory.createBlock(
    [factory.createIfStatement(callTurns("due", []), wait), node.statement],
    true,
  );
  return factory.updateForOfStatement(node, node.awaitModifier, node.initializer, node.expression, body);
}

/** @param {string} name */
function turnsMember(name) {
  return ts.factory.createPropertyAccessExpression(ts.factory.createIdentifier("__turns"), name);
}

/**
 * @param {string} name
 * @param {import("@tslab/typescript-for-tslab").Expression[]} parameters
 */
function callTurns(name, parameters) {
  return ts.factory.createCallExpression(turnsMember(name), undefined, parameters);
}

/**
 * TypeScript re-exports an import as a getter that could not be defined a second time, when the cell is run
 * again: `Object.defineProperty(exports, "x", { enumerable: true, get: function () { return m.x; } })` becomes
 * `exports.x = m.x`.
 *
 * @param {import("@tslab/typescript-for-tslab").ExpressionStatement} statement
 */
function assignedImport(statement) {
  const { factory } = ts;
  const call = statement.expression;
  if (!ts.isCallExpression(call) || call.arguments.length !== 3) return undefined;
  const [target, name, descriptor] = call.arguments;
  const isDefine =
    ts.isPropertyAccessExpression(call.expression) && call.expression.name.text === "defineProperty";
  if (!isDefine || !target || !ts.isIdentifier(target) || target.text !== "exports") return undefined;
  if (!name || !ts.isStringLiteral(name) || !descriptor || !ts.isObjectLiteralExpression(descriptor))
    return undefined;
  const getter = descriptor.properties[1];
  if (!getter || !ts.isPropertyAssignment(getter) || !ts.isFunctionExpression(getter.initializer))
    return undefined;
  const returned = getter.initializer.body.statements[0];
  if (!returned || !ts.isReturnStatement(returned) || !returned.expression) return undefined;
  return factory.createExpressionStatement(
    factory.createAssignment(factory.createPropertyAccessExpression(target, name.text), returned.expression),
  );
}

module.exports = { lower, instantiate };
