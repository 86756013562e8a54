// SPDX-License-Identifier: MIT
import { createRequire } from "node:module";
import { codeCells, sourceOf, textCells } from "./cells.mjs";

/** The compiler that checks cells in Jupyter, TypeScript 5.0. @type {typeof import("typescript")} */
const ts = createRequire(import.meta.url)("@tslab/typescript-for-tslab");

const LINES = 12;
const LIBRARY = "tsm-map-sim";
/** Members that came after ES2022. */
const NEWER_MEMBERS = new Set(
  (
    "findLast findLastIndex toReversed toSorted toSpliced with groupBy isWellFormed toWellFormed " +
    "waitAsync withResolvers union intersection difference symmetricDifference isSubsetOf isSupersetOf"
  ).split(" "),
);
/** Their values are made to be read. */
const SHOWN = /^(?:check|predict|reveal|hint|solution|problem|progress|show[A-Z]\w*)$/;
/** What differs from run to run, or reaches out of the simulation. */
const OUTSIDE = new Set(["Date", "performance", "setTimeout", "setInterval", "fetch", "require", "process"]);

/** Cells are looked at by several rules. @type {Map<string, import("typescript").SourceFile>} */
const trees = new Map();

/** @param {string} code */
function parsed(code) {
  const tree = trees.get(code) ?? ts.createSourceFile("cell.ts", code, ts.ScriptTarget.ES2022, true);
  trees.set(code, tree);
  return tree;
}

/** What the parser had to say; the compiler keeps it in a property that its types do not tell of. @param {string} code */
function syntaxErrorsOf(code) {
  const { parseDiagnostics = [] } = /** @type {{ parseDiagnostics?: import("typescript").Diagnostic[] }} */ (
    /** @type {unknown} */ (parsed(code))
  );
  return parseDiagnostics;
}

/** A node and all below it. @param {import("typescript").Node} node */
function nodesOf(node) {
  /** @type {import("typescript").Node[]} */
  const nodes = [];
  const visit = (/** @type {import("typescript").Node} */ one) => {
    nodes.push(one);
    ts.forEachChild(one, visit);
  };
  visit(node);
  return nodes;
}

/** @param {string} code */
function identifiersOf(code) {
  return nodesOf(parsed(code)).flatMap((node) => (ts.isIdentifier(node) ? [node.text] : []));
}

/** Names that a binding brings in, also those of a pattern. @param {import("typescript").BindingName} name @returns {string[]} */
function boundNames(name) {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) =>
    ts.isOmittedExpression(element) ? [] : boundNames(element.name),
  );
}

/** Names that a cell imports or declares for the cells after it. @param {string} code */
function declaredNames(code) {
  return parsed(code).statements.flatMap((statement) => {
    if (ts.isVariableStatement(statement))
      return statement.declarationList.declarations.flatMap(({ name }) => boundNames(name));
    if (ts.isImportDeclaration(statement)) {
      const bindings = statement.importClause?.namedBindings;
      return bindings && ts.isNamedImports(bindings) ? bindings.elements.map(({ name }) => name.text) : [];
    }
    const { name } = /** @type {{ name?: import("typescript").Node }} */ (/** @type {unknown} */ (statement));
    return name && ts.isIdentifier(name) ? [name.text] : [];
  });
}

/** Rules on the code. @type {readonly import("./rules.mjs").Rule[]} */
export const codeRules = [
  {
    code: "N101",
    text: `A cell of code has at most ${LINES} lines.`,
    *check(notebook) {
      for (const cell of codeCells(notebook)) {
        const { length } = sourceOf(cell).trimEnd().split("\n");
        if (length > LINES) yield [cell.id, `${length} lines`];
      }
    },
  },
  {
    code: "N102",
    text: `The first cell of code has all imports and nothing else, and imports from ${LIBRARY} alone.`,
    *check(notebook) {
      for (const [i, cell] of codeCells(notebook).entries()) {
        for (const statement of parsed(sourceOf(cell)).statements) {
          const isImport = ts.isImportDeclaration(statement);
          if (isImport !== (i === 0)) yield [cell.id, isImport ? "imports later" : "has more than imports"];
          if (
            isImport &&
            /** @type {import("typescript").StringLiteral} */ (statement.moduleSpecifier).text !== LIBRARY
          )
            yield [cell.id, `imports from ${statement.moduleSpecifier.getText()}`];
        }
      }
    },
  },
  {
    code: "N103",
    text: "Every name that is imported or declared is used: by code, by the text, or by an answer to an exercise.",
    *check(notebook, { exercises }) {
      const code = codeCells(notebook).map((cell) => ({ id: cell.id, source: sourceOf(cell) }));
      const used = new Map();
      for (const name of code.flatMap(({ source }) => identifiersOf(source)))
        used.set(name, (used.get(name) ?? 0) + 1);
      const elsewhere = [
        ...textCells(notebook).map(sourceOf),
        ...exercises
          .filter(({ id }) => id.startsWith(notebook.name.slice(0, 2)))
          .flatMap(({ solution, wrongAnswers }) => [solution, ...wrongAnswers].map((answer) => answer.code)),
      ].join("\n");
      for (const { id, source } of code)
        for (const name of declaredNames(source))
          if (used.get(name) < 2 && !new RegExp(`\\b${name}\\b`).test(elsewhere))
            yield [id, `${name} is not used`];
    },
  },
  {
    code: "N104",
    text: "Code is TypeScript that version 5.0 parses.",
    *check(notebook) {
      for (const cell of codeCells(notebook)) {
        for (const { messageText } of syntaxErrorsOf(sourceOf(cell)))
          yield [cell.id, ts.flattenDiagnosticMessageText(messageText, " ")];
      }
    },
  },
  {
    code: "N105",
    text: "Code uses nothing of the language's library that came after ES2022.",
    *check(notebook) {
      for (const cell of codeCells(notebook))
        for (const node of nodesOf(parsed(sourceOf(cell)))) {
          if (ts.isPropertyAccessExpression(node) && NEWER_MEMBERS.has(node.name.text))
            yield [cell.id, `${node.name.text} came after ES2022`];
          if (ts.isRegularExpressionLiteral(node) && /\/[a-z]*v[a-z]*$/.test(node.text))
            yield [cell.id, "the flag v of a regular expression came after ES2022"];
        }
    },
  },
  {
    code: "N106",
    text: "Code asks for nothing that differs from run to run or lies outside of the simulation: time, chance, network, files.",
    *check(notebook) {
      for (const cell of codeCells(notebook))
        for (const node of nodesOf(parsed(sourceOf(cell)))) {
          if (ts.isIdentifier(node) && OUTSIDE.has(node.text) && !isMember(node)) yield [cell.id, node.text];
          if (ts.isPropertyAccessExpression(node) && node.getText() === "Math.random")
            yield [cell.id, "Math.random"];
        }
    },
  },
  {
    code: "N107",
    text: "What is made to be read (check, predict, reveal, hint, solution, problem, progress, show...) is the last thing of its cell: nothing else is displayed.",
    *check(notebook) {
      for (const cell of codeCells(notebook))
        for (const statement of parsed(sourceOf(cell)).statements.slice(0, -1)) {
          if (!ts.isExpressionStatement(statement) || !ts.isCallExpression(statement.expression)) continue;
          const called = statement.expression.expression.getText();
          if (SHOWN.test(called)) yield [cell.id, `nobody sees ${called}(...)`];
        }
    },
  },
];

/** True for a name after a dot, and for the key of a property. @param {import("typescript").Identifier} node */
function isMember(node) {
  const { parent } = node;
  return (ts.isPropertyAccessExpression(parent) && parent.name === node) || ts.isPropertyAssignment(parent);
}
