// SPDX-License-Identifier: MIT
import ts from "typescript";

/** An exported declaration of the library, as its source tells: types are written out there, so none is computed. */
export interface Declaration {
  readonly name: string;
  readonly kind: "function" | "class" | "interface" | "type" | "constant";
  /** From the repository's root. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** Without bodies, with the comments of its members. */
  readonly signature: string;
  readonly doc: DocComment;
  /** Of a constant that is written as a number or a text. */
  readonly value?: string;
}

/** A doc comment: Markdown, and its tags in order. */
export interface DocComment {
  readonly text: string;
  readonly tags: readonly { readonly tag: string; readonly name: string; readonly text: string }[];
}

/** Reads the declarations of one file that are exported; re-exports are not followed. */
export function declarationsOf(file: string, text: string): Declaration[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  const found = source.statements.flatMap((statement): Declaration[] => {
    const isExported =
      ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    if (!isExported) return [];
    const line = source.getLineAndCharacterOfPosition(statement.getStart()).line + 1;
    const common = { file, line, doc: docOf(statement) };
    if (ts.isFunctionDeclaration(statement) && statement.name)
      return [
        { ...common, name: statement.name.text, kind: "function", signature: headOf(statement, source) },
      ];
    if (ts.isClassDeclaration(statement) && statement.name)
      return [
        { ...common, name: statement.name.text, kind: "class", signature: classText(statement, source) },
      ];
    if (ts.isInterfaceDeclaration(statement))
      return [
        { ...common, name: statement.name.text, kind: "interface", signature: plain(statement, source) },
      ];
    if (ts.isTypeAliasDeclaration(statement))
      return [{ ...common, name: statement.name.text, kind: "type", signature: plain(statement, source) }];
    if (ts.isVariableStatement(statement))
      return statement.declarationList.declarations.map((one) => constant(one, common, source));
    return [];
  });
  return withOverloads(found);
}

/** The overloads of a function as one declaration; the last of them, which has the body, is not for callers. */
function withOverloads(found: readonly Declaration[]): Declaration[] {
  return [...new Set(found.map(({ name }) => name))].flatMap((name) => {
    const all = found.filter((one) => one.name === name);
    const [first] = all;
    if (first === undefined || all.length === 1 || first.kind !== "function") return all;
    const documented = all.find(({ doc }) => doc.text !== "") ?? first;
    const signature = all.slice(0, -1).map((one) => one.signature);
    return [{ ...first, doc: documented.doc, signature: signature.join("\n") }];
  });
}

/** Names that an index file exports from each file; undefined: all of them. */
export function exportedNames(text: string): Map<string, ReadonlySet<string> | undefined> {
  const source = ts.createSourceFile("index.ts", text, ts.ScriptTarget.ES2022, true);
  const names = new Map<string, ReadonlySet<string> | undefined>();
  for (const statement of source.statements) {
    if (!ts.isExportDeclaration(statement) || statement.moduleSpecifier === undefined) continue;
    const from = (statement.moduleSpecifier as ts.StringLiteral).text.replace(/^\.\//, "");
    const { exportClause } = statement;
    const listed =
      exportClause && ts.isNamedExports(exportClause)
        ? exportClause.elements.map(({ propertyName, name }) => (propertyName ?? name).text)
        : undefined;
    const known = names.get(from);
    if (listed === undefined || (names.has(from) && known === undefined)) names.set(from, undefined);
    else names.set(from, new Set([...(known ?? []), ...listed]));
  }
  return names;
}

function constant(
  { name, type, initializer }: ts.VariableDeclaration,
  common: Pick<Declaration, "file" | "line" | "doc">,
  source: ts.SourceFile,
): Declaration {
  const isValue = initializer !== undefined && initializer.getText(source).length < 60;
  return {
    ...common,
    name: name.getText(source),
    kind: "constant",
    signature: `const ${name.getText(source)}: ${type?.getText(source) ?? "unknown"};`,
    ...(isValue && { value: initializer.getText(source) }),
  };
}

/** A declaration without `export`, its own doc comment and its body. */
function headOf(node: ts.FunctionLikeDeclaration, source: ts.SourceFile): string {
  const end = node.body?.getStart(source) ?? node.getEnd();
  const text = source.text.slice(node.getStart(source), end).trim();
  return `${text.replace(/^(?:export|public|override) /, "").replace(/;$/, "")};`;
}

function plain(node: ts.Node, source: ts.SourceFile): string {
  return node.getText(source).replace(/^export /, "");
}

/** A class with what its users see of it. */
function classText(node: ts.ClassDeclaration, source: ts.SourceFile): string {
  const opening = source.text.slice(node.getStart(source), node.members.pos).replace(/^export /, "");
  const members = node.members.flatMap((member) => {
    const isHidden =
      (member.name !== undefined && ts.isPrivateIdentifier(member.name)) ||
      (ts.canHaveModifiers(member) &&
        ts.getModifiers(member)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword));
    if (isHidden || ts.isClassStaticBlockDeclaration(member)) return [];
    const comment = source.text.slice(member.getFullStart(), member.getStart(source)).trim();
    const lines = comment.startsWith("/**") ? [indent(comment)] : [];
    return [...lines, indent(memberText(member, source))];
  });
  return `${opening.trim()}\n${members.join("\n")}\n}`;
}

function memberText(member: ts.ClassElement, source: ts.SourceFile): string {
  if (ts.isPropertyDeclaration(member)) {
    const { name, type, modifiers } = member;
    const words = modifiers?.map((one) => one.getText(source)).filter((word) => word !== "override") ?? [];
    return `${[...words, name.getText(source)].join(" ")}: ${type?.getText(source) ?? "unknown"};`;
  }
  return headOf(member as ts.MethodDeclaration, source);
}

function indent(text: string): string {
  return text
    .split("\n")
    .map((line, i) => (i === 0 ? `  ${line}` : line))
    .join("\n");
}

function docOf(node: ts.Node): DocComment {
  const [last] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc).slice(-1);
  if (last === undefined) return { text: "", tags: [] };
  return {
    text: ts.getTextOfJSDocComment(last.comment) ?? "",
    tags: (last.tags ?? []).map((tag) => ({
      tag: tag.tagName.text,
      name: ts.isJSDocParameterTag(tag) ? tag.name.getText() : "",
      text: ts.getTextOfJSDocComment(tag.comment) ?? "",
    })),
  };
}
