// SPDX-License-Identifier: MIT
import ts from "typescript";

/** A piece of a cell and where it stands in the module. */
interface Piece {
  readonly inCell: number;
  readonly length: number;
  readonly inModule: number;
}

/** The last of some cells, as the end of one TypeScript module in which it sees what the earlier ones declared. */
export interface CellModule {
  readonly text: string;
  /** Offset in the module of an offset in the last cell. */
  toModule(offset: number): number;
  /** Offset in the last cell of one in the module; undefined for what belongs to another cell. */
  toCell(offset: number): number | undefined;
}

/**
 * Lays cells out one after another. Imports move to the head of the module. A cell that declares a name again opens a
 * block, in which the new declaration hides the old one.
 *
 * @param cells at least one
 */
export function layOut(cells: readonly string[]): CellModule {
  const imports = new Map<string, string>();
  const pieces: { readonly inCell: number; readonly length: number; readonly inBody: number }[] = [];
  let head = "export {};\n";
  let body = "";
  let depth = 0;
  let declared = new Set<string>();
  const own: { readonly inCell: number; readonly text: string }[] = [];
  cells.forEach((cell, i) => {
    const isLast = i === cells.length - 1;
    const file = ts.createSourceFile("cell.ts", cell, ts.ScriptTarget.ES2022);
    let text = cell;
    const names: string[] = [];
    for (const statement of file.statements) {
      names.push(...declaredNames(statement));
      if (!ts.isImportDeclaration(statement)) continue;
      const start = statement.getStart(file);
      const written = cell.slice(start, statement.end);
      text = text.slice(0, start) + written.replace(/[^\n]/g, " ") + text.slice(statement.end);
      for (const [name, line] of importLines(statement)) {
        if (isLast) imports.delete(name);
        else imports.set(name, line);
      }
      if (isLast) own.push({ inCell: start, text: written });
    }
    if (names.some((name) => declared.has(name) || imports.has(name))) {
      body += "{\n";
      depth++;
      declared = new Set();
    }
    for (const name of names) declared.add(name);
    if (isLast) pieces.push({ inCell: 0, length: cell.length, inBody: body.length });
    body += `${text}\n;`;
  });
  head += [...imports.values()].map((line) => `${line}\n`).join("");
  const placed: Piece[] = own.map(({ inCell, text }) => {
    const piece = { inCell, length: text.length, inModule: head.length };
    head += `${text}\n`;
    return piece;
  });
  for (const { inBody, ...piece } of pieces) placed.push({ ...piece, inModule: head.length + inBody });
  return {
    text: `${head}${body}${"}".repeat(depth)}\n`,
    toModule: (offset) => {
      const piece = placed.find(({ inCell, length }) => offset >= inCell && offset <= inCell + length);
      return piece === undefined ? 0 : piece.inModule + offset - piece.inCell;
    },
    toCell: (offset) => {
      const piece = placed.find(({ inModule, length }) => offset >= inModule && offset <= inModule + length);
      return piece === undefined ? undefined : piece.inCell + offset - piece.inModule;
    },
  };
}

function declaredNames(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap(({ name }) => boundNames(name));
  }
  const isNamed =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isEnumDeclaration(statement);
  return isNamed && statement.name ? [statement.name.text] : [];
}

function boundNames(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((one) => (ts.isOmittedExpression(one) ? [] : boundNames(one.name)));
}

/** One import for each name that a declaration imports. */
function importLines(statement: ts.ImportDeclaration): [string, string][] {
  const from = `from ${JSON.stringify((statement.moduleSpecifier as ts.StringLiteral).text)};`;
  const { name, namedBindings } = statement.importClause ?? {};
  const lines: [string, string][] = name ? [[name.text, `import ${name.text} ${from}`]] : [];
  if (namedBindings && ts.isNamespaceImport(namedBindings)) {
    lines.push([namedBindings.name.text, `import * as ${namedBindings.name.text} ${from}`]);
  } else if (namedBindings) {
    for (const { name: local, propertyName } of namedBindings.elements) {
      const renamed = propertyName ? `${propertyName.text} as ` : "";
      lines.push([local.text, `import { ${renamed}${local.text} } ${from}`]);
    }
  }
  return lines;
}
