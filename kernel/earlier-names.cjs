// SPDX-License-Identifier: MIT
"use strict";

/**
 * A repair of how tslab gives a cell the names of earlier cells: it puts `exports.` before each identifier whose symbol
 * an earlier cell declared. Going by the symbol misses twice, and both end in code that cannot run:
 *
 * - in `const { pages: n } = slot`, `pages` is a property that the earlier cell declared with `slot`, and no variable;
 * - in `({ slot })`, one word is a property and a variable. Only the variable is the earlier cell's.
 *
 * So while a cell is emitted, the name of a property has no symbol, and `{ slot }` is spelled out as `{ slot: slot }`.
 *
 * @typedef {typeof import("@tslab/typescript-for-tslab")} TypeScript
 * @typedef {import("@tslab/typescript-for-tslab").Node} Node
 * @typedef {import("@tslab/typescript-for-tslab").EmitAndSemanticDiagnosticsBuilderProgram} Builder
 * @typedef {import("@tslab/typescript-for-tslab").TypeChecker} TypeChecker
 */

/**
 * The same builder, which emits cells that keep their property names.
 *
 * @param {TypeScript} ts
 * @param {Builder} builder
 * @returns {Builder}
 */
function keepPropertyNames(ts, builder) {
  const emit = builder.emit;
  builder.emit = (file, write, cancel, onlyDeclarations, custom) => {
    const checker = builder.getProgram().getTypeChecker();
    const { getSymbolAtLocation } = checker;
    checker.getSymbolAtLocation = (node) => symbolOf(ts, checker, getSymbolAtLocation, node);
    try {
      const after = [() => spelledOut(ts), ...(custom?.after ?? [])];
      return emit(file, write, cancel, onlyDeclarations, { ...custom, after });
    } finally {
      checker.getSymbolAtLocation = getSymbolAtLocation;
    }
  };
  return builder;
}

/**
 * The variable, function or class that an identifier means; none for the name of a property.
 *
 * @param {TypeScript} ts
 * @param {TypeChecker} checker
 * @param {TypeChecker["getSymbolAtLocation"]} getSymbolAtLocation
 * @param {Node} node
 */
function symbolOf(ts, checker, getSymbolAtLocation, node) {
  const written = ts.getParseTreeNode(node);
  const parent = written?.parent;
  if (parent === undefined) return getSymbolAtLocation(node);
  if (ts.isBindingElement(parent) && parent.propertyName === written) return undefined;
  if (ts.isPropertyAssignment(parent) && parent.name === written) return undefined;
  if (ts.isShorthandPropertyAssignment(parent) && parent.name === written)
    return checker.getShorthandAssignmentValueSymbol(parent);
  return getSymbolAtLocation(node);
}

/**
 * Writes each `{ slot }` as `{ slot: slot }`. The first of the two is new, and means no variable; the second is what
 * was written.
 *
 * @param {TypeScript} ts
 * @returns {(file: any) => any}
 */
function spelledOut(ts) {
  const { factory } = ts;
  const context = ts.getNullTransformationContext();
  /**
   * @param {Node} node
   * @returns {Node}
   */
  const visit = (node) => {
    if (!ts.isShorthandPropertyAssignment(node)) return ts.visitEachChild(node, visit, context);
    const name = factory.createIdentifier(node.name.text);
    const value = ts.setOriginalNode(factory.createIdentifier(node.name.text), node.name);
    const byDefault = node.objectAssignmentInitializer;
    const written = byDefault
      ? factory.createAssignment(value, /** @type {any} */ (visit(byDefault)))
      : ts.setTextRange(value, node.name);
    return ts.setTextRange(factory.createPropertyAssignment(name, written), node);
  };
  return visit;
}

module.exports = { keepPropertyNames };
