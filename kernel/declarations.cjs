// SPDX-License-Identifier: MIT
"use strict";

const { keepNamesInImport, ts } = require("./tslab.cjs");

/**
 * What later cells know of earlier ones is the text of a `.d.ts` file: each successful cell adds its declarations to
 * it. A cell that throws half-way has declared some of its names and not reached others; the text must say the same,
 * or a later cell would be told that a name exists which holds nothing.
 */

/**
 * The declarations after a cell threw.
 *
 * @param {string} before  the declarations before the cell
 * @param {string} after  the declarations as they would be had it succeeded
 * @param {ReadonlySet<string>} unreached  names the cell declares and did not come to
 */
function declarationsAfterThrow(before, after, unreached) {
  return pick(after, (name) => !unreached.has(name)) + pick(before, (name) => unreached.has(name));
}

/**
 * The declarations whose name is wanted.
 *
 * @param {string} declarations
 * @param {(name: string) => boolean} wants
 */
function pick(declarations, wants) {
  const file = ts.createSourceFile("declarations.d.ts", declarations, ts.ScriptTarget.ES2022, true);
  const printer = ts.createPrinter({ newLine: ts.NewLineKind.LineFeed });
  return file.statements
    .flatMap((statement) => pickFrom(statement, wants) ?? [])
    .map((statement) => `${printer.printNode(ts.EmitHint.Unspecified, statement, file)}\n`)
    .join("");
}

/**
 * @param {import("@tslab/typescript-for-tslab").Statement} statement
 * @param {(name: string) => boolean} wants
 * @returns {import("@tslab/typescript-for-tslab").Statement | undefined}
 */
function pickFrom(statement, wants) {
  const { factory } = ts;
  if (ts.isVariableStatement(statement)) {
    const list = statement.declarationList;
    const kept = list.declarations.filter((each) => ts.isIdentifier(each.name) && wants(each.name.text));
    if (kept.length === 0) return undefined;
    const keptList = factory.updateVariableDeclarationList(list, kept);
    return factory.updateVariableStatement(statement, statement.modifiers, keptList);
  }
  if (ts.isImportDeclaration(statement)) {
    const kept = importedNames(statement).filter(wants);
    if (kept.length === 0) return undefined;
    keepNamesInImport(statement, new Set(kept.map((name) => ts.escapeLeadingUnderscores(name))));
    return statement;
  }
  const name = /** @type {import("@tslab/typescript-for-tslab").NamedDeclaration} */ (
    /** @type {unknown} */ (statement)
  ).name;
  return name && ts.isIdentifier(name) && wants(name.text) ? statement : undefined;
}

/** @param {import("@tslab/typescript-for-tslab").ImportDeclaration} statement */
function importedNames(statement) {
  const { name, namedBindings } = statement.importClause ?? {};
  const named =
    namedBindings && (ts.isNamespaceImport(namedBindings) ? [namedBindings] : namedBindings.elements);
  return [...(name ? [name.text] : []), ...(named ?? []).map((each) => each.name.text)];
}

module.exports = { declarationsAfterThrow };
