// SPDX-License-Identifier: MIT

/** A node of the syntax tree, as ESTree has it. Only what the compiler looks at is named. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [part: string]: unknown;
}

/** The node in a part of another. */
export function part(node: Node, name: string): Node | undefined {
  const value = node[name];
  return isNode(value) ? value : undefined;
}

/** The nodes in a part of another that is a list; holes, as in `[a, , b]`, are left out. */
export function parts(node: Node, name: string): Node[] {
  const value = node[name];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** Everything directly below a node, in the order of the source. */
export function children(node: Node): Node[] {
  return Object.keys(node)
    .flatMap((name) => [...(part(node, name) ? [part(node, name) as Node] : []), ...parts(node, name)])
    .sort((one, other) => one.start - other.start);
}

/** The name of an identifier; empty for any other node. */
export function nameOf(node: Node | undefined): string {
  return node?.type === "Identifier" ? String(node["name"]) : "";
}

/** The names that a pattern binds: `a` and `c` in `{ a, b: [c] }`. */
export function boundNames(pattern: Node | undefined): string[] {
  switch (pattern?.type) {
    case "Identifier":
      return [nameOf(pattern)];
    case "ObjectPattern":
      return parts(pattern, "properties").flatMap((one) => boundNames(part(one, "value") ?? one));
    case "ArrayPattern":
      return parts(pattern, "elements").flatMap(boundNames);
    case "AssignmentPattern":
      return boundNames(part(pattern, "left"));
    case "RestElement":
      return boundNames(part(pattern, "argument"));
    default:
      return [];
  }
}

/** The names that a declaration declares; none for any other statement. */
export function declaredNames(statement: Node): string[] {
  if (statement.type === "VariableDeclaration") {
    return parts(statement, "declarations").flatMap((one) => boundNames(part(one, "id")));
  }
  const isNamed = statement.type === "FunctionDeclaration" || statement.type === "ClassDeclaration";
  return isNamed ? [nameOf(part(statement, "id"))] : [];
}

/** What `let`, `const`, `class` and `function` declare in a list of statements. */
export function lexicalNames(statements: readonly Node[]): string[] {
  return statements.filter(({ kind }) => kind !== "var").flatMap(declaredNames);
}

/** What `var` declares anywhere in a function's body, but not in the functions within. */
export function varNames(node: Node): string[] {
  const own = node.type === "VariableDeclaration" && node["kind"] === "var" ? declaredNames(node) : [];
  const below = children(node).filter(({ type }) => !/Function|^Class/.test(type));
  return [...own, ...below.flatMap(varNames)];
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as Node).type === "string";
}
