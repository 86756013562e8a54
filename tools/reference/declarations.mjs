// SPDX-License-Identifier: MIT
/** What a source file of the library declares, with the origin that its doc comments name. */
import ts from "typescript";

const ORIGINS = new Set(["kernel", "rmm", "spec"]);

/**
 * A declaration at the top of a file, or a member of a class or of an interface there.
 *
 * @typedef {object} Declaration
 * @property {string} name
 * @property {string | undefined} owner class or interface that it is a member of
 * @property {boolean} exported
 * @property {"function" | "type" | "value"} kind
 * @property {readonly string[]} origins what stands after `@kernel`, `@rmm` and `@spec` in its comment
 * @property {readonly string[]} above the same for the nearest declaration, this one included, whose comment names a
 *   place: it speaks for the group that follows it
 */

/** Also of comments that stand before the one right above: those speak for a group. @param {ts.Node} node */
function originsOf(node) {
  const comments = /** @type {{ jsDoc?: ts.JSDoc[] }} */ (node).jsDoc ?? [];
  return comments
    .flatMap(({ tags = [] }) => [...tags])
    .filter((tag) => ORIGINS.has(tag.tagName.text))
    .map((tag) => (ts.getTextOfJSDocComment(tag.comment) ?? "").replace(/\s+/g, " ").trim());
}

/** @param {ts.Node} node @returns {Declaration["kind"]} */
function kindOf(node) {
  if (ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node) || ts.isMethodSignature(node))
    return "function";
  return ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isClassDeclaration(node)
    ? "type"
    : "value";
}

/**
 * The declarations of a file, in the order of the text.
 *
 * @param {string} text
 * @returns {Declaration[]}
 */
export function declarationsOf(text) {
  const source = ts.createSourceFile("file.ts", text, ts.ScriptTarget.ES2022, true);
  /** @type {readonly string[]} */
  let above = [];
  /** @type {Declaration[]} */
  const found = [];
  /**
   * @param {ts.Node} named
   * @param {ts.Node} documented
   * @param {boolean} exported
   * @param {string} [owner]
   */
  const add = (named, documented, exported, owner) => {
    const name = /** @type {{ name?: ts.Node }} */ (named).name;
    if (name === undefined || !ts.isIdentifier(name)) return;
    const origins = originsOf(documented);
    const place = origins.filter((origin) => /\/|^(RMI|RSI|RMM)[_ ]/.test(origin));
    if (place.length > 0) above = place;
    found.push({ name: name.text, owner, exported, kind: kindOf(named), origins, above });
  };
  for (const statement of source.statements) {
    const exported =
      ts.canHaveModifiers(statement) &&
      (ts.getModifiers(statement) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    if (ts.isVariableStatement(statement)) {
      for (const one of statement.declarationList.declarations) add(one, statement, exported);
    } else {
      add(statement, statement, exported);
    }
    if (ts.isClassDeclaration(statement) || ts.isInterfaceDeclaration(statement)) {
      for (const member of statement.members) add(member, member, exported, statement.name?.text);
    }
  }
  return found;
}

/**
 * Titles of the tests in a file: the strings that `it`, `test` and `describe` are called with, templates as they are
 * written.
 *
 * @param {string} text
 * @returns {string[]}
 */
export function testTitlesOf(text) {
  const source = ts.createSourceFile("file.ts", text, ts.ScriptTarget.ES2022, true);
  /** @type {string[]} */
  const titles = [];
  /** @param {ts.Node} node */
  const visit = (node) => {
    const title = ts.isCallExpression(node) ? node.arguments[0] : undefined;
    if (
      title !== undefined &&
      ts.isCallExpression(node) &&
      /^(it|test|describe)\b/.test(node.expression.getText())
    ) {
      if (ts.isStringLiteralLike(title)) titles.push(title.text);
      else if (ts.isTemplateExpression(title)) titles.push(title.getText().slice(1, -1));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return titles;
}
