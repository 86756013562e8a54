// SPDX-License-Identifier: MIT
/** Finds the places of a source file where a small change should be noticed by a test. */

import ts from "typescript";

/**
 * A change of a few characters.
 *
 * @typedef {object} Mutant
 * @property {string} file
 * @property {number} start offset of the text that is replaced
 * @property {number} end
 * @property {string} replacement
 * @property {number} line from 1
 * @property {string} original
 */

const { SyntaxKind } = ts;

/** @type {ReadonlyMap<import("typescript").SyntaxKind, string>} */
const OPERATORS = new Map([
  [SyntaxKind.EqualsEqualsEqualsToken, "!=="],
  [SyntaxKind.ExclamationEqualsEqualsToken, "==="],
  [SyntaxKind.LessThanToken, "<="],
  [SyntaxKind.LessThanEqualsToken, "<"],
  [SyntaxKind.GreaterThanToken, ">="],
  [SyntaxKind.GreaterThanEqualsToken, ">"],
  [SyntaxKind.AmpersandAmpersandToken, "||"],
  [SyntaxKind.BarBarToken, "&&"],
  [SyntaxKind.PlusToken, "-"],
  [SyntaxKind.MinusToken, "+"],
  [SyntaxKind.AmpersandToken, "|"],
  [SyntaxKind.BarToken, "&"],
]);

/** Statuses are exchanged for others. @type {ReadonlyMap<string, string>} */
const STATUSES = new Map([
  ["RMI_ERROR_INPUT", "RMI_ERROR_REALM"],
  ["RMI_ERROR_REALM", "RMI_ERROR_INPUT"],
  ["RMI_ERROR_REC", "RMI_ERROR_INPUT"],
  ["RMI_ERROR_RTT", "RMI_ERROR_INPUT"],
  ["RMI_ERROR_DEVICE", "RMI_ERROR_INPUT"],
]);

/**
 * All mutants of a file.
 *
 * @param {string} file
 * @param {string} text
 * @returns {Mutant[]}
 */
export function mutantsOf(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  /** @type {Mutant[]} */
  const mutants = [];

  /**
   * @param {import("typescript").Node} node
   * @param {string} replacement
   */
  const replace = (node, replacement) => {
    const start = node.getStart(source);
    const { line } = source.getLineAndCharacterOfPosition(start);
    mutants.push({ file, start, end: node.end, replacement, line: line + 1, original: node.getText(source) });
  };

  /** @param {import("typescript").Node} node */
  const visit = (node) => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isInterfaceDeclaration(node)) return;
    if (ts.isBinaryExpression(node)) {
      const operator = OPERATORS.get(node.operatorToken.kind);
      if (operator !== undefined) replace(node.operatorToken, operator);
    } else if (ts.isPrefixUnaryExpression(node) && node.operator === SyntaxKind.ExclamationToken) {
      replace(node, node.operand.getText(source));
    } else if (ts.isExpressionStatement(node) && changesSomething(node.expression)) {
      replace(node, ";");
    } else if (ts.isConditionalExpression(node)) {
      replace(node.condition, "true");
      replace(node.condition, "false");
    } else if (ts.isIfStatement(node)) {
      // Telling a listener that is not there changes nothing.
      if (!/\btrace\.on$/.test(node.expression.getText(source))) replace(node.expression, "true");
      replace(node.expression, "false");
    } else if (ts.isPropertyAssignment(node) && node.name.getText(source) === "status") {
      const other = STATUSES.get(node.initializer.getText(source));
      if (other !== undefined) replace(node.initializer, `${other} as never`);
    } else if (ts.isPropertyAssignment(node) && node.name.getText(source) === "holds") {
      replace(node.initializer, "() => false");
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return mutants;
}

/**
 * Calls and assignments, except what only tells a listener.
 *
 * @param {import("typescript").Expression} expression
 */
function changesSomething(expression) {
  if (ts.isCallExpression(expression)) return !/\b(emit|tell)$/.test(expression.expression.getText());
  if (ts.isBinaryExpression(expression)) return expression.operatorToken.kind === SyntaxKind.EqualsToken;
  return ts.isPostfixUnaryExpression(expression) || ts.isPrefixUnaryExpression(expression);
}
