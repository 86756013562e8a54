// SPDX-License-Identifier: MIT
import { boundNames, children, lexicalNames, type Node, nameOf, part, parts, varNames } from "./ast.ts";
import type { Edits } from "./edits.ts";

/** The parameter that holds what all cells share. */
export const SCOPE = "$";

/**
 * Makes `name` into `$.name` wherever it means what the cells share, and not a name of a function, a block or a
 * property. Types are gone already.
 */
export class References {
  readonly #shared: ReadonlySet<string>;
  readonly #edits: Edits;
  readonly #source: string;
  readonly #inner: ReadonlySet<string>[] = [];

  /**
   * @param shared names of the shared scope
   * @param edits takes the changes
   * @param source the text that the tree's offsets are in
   */
  constructor(shared: ReadonlySet<string>, edits: Edits, source: string) {
    this.#shared = shared;
    this.#edits = edits;
    this.#source = source;
  }

  /** Rewrites a node and all below it. */
  rewrite(node: Node): void {
    switch (node.type) {
      case "Identifier":
        if (this.#isShared(nameOf(node))) this.#edits.insert(node.start, `${SCOPE}.`);
        return;
      case "CallExpression":
        this.#callee(part(node, "callee"));
        this.#all(parts(node, "arguments"));
        return;
      case "TaggedTemplateExpression":
        this.#callee(part(node, "tag"));
        this.#all(parts(node, "quasi"), part(node, "quasi"));
        return;
      case "MemberExpression":
        this.#all([], part(node, "object"), node["computed"] ? part(node, "property") : undefined);
        return;
      case "Property":
        this.#property(node);
        return;
      case "MethodDefinition":
      case "PropertyDefinition":
        this.#all([], node["computed"] ? part(node, "key") : undefined, part(node, "value"));
        return;
      case "LabeledStatement":
        this.#all([], part(node, "body"));
        return;
      case "BreakStatement":
      case "ContinueStatement":
      case "MetaProperty":
        return;
      case "ImportExpression":
        this.#edits.replace(node.start, part(node, "source")?.start ?? node.start, "__cell.import(");
        this.#all([], part(node, "source"));
        return;
      case "VariableDeclaration":
      case "ExpressionStatement":
      case "ReturnStatement":
      case "ThrowStatement":
        this.#all(children(node));
        this.endStatement(node);
        return;
      default:
        this.#withNames(node);
    }
  }

  /**
   * `a` on one line and `f()` on the next are two statements because a line ends between them; `(0, $.f)()` would be
   * a call of `a`.
   */
  endStatement(node: Node): void {
    if (this.#source[node.end - 1] !== ";") this.#edits.insert(node.end, ";");
  }

  /** Nodes that may bring names of their own. */
  #withNames(node: Node): void {
    switch (node.type) {
      case "FunctionDeclaration":
      case "FunctionExpression":
      case "ArrowFunctionExpression":
        this.#function(node);
        break;
      case "ForStatement":
      case "ForInStatement":
      case "ForOfStatement":
        this.#loop(node);
        break;
      case "SwitchStatement": {
        const cases = parts(node, "cases");
        this.#all([], part(node, "discriminant"));
        this.#within(lexicalNames(cases.flatMap((one) => parts(one, "consequent"))), cases);
        break;
      }
      case "ClassDeclaration":
      case "ClassExpression": {
        const id = part(node, "id");
        const others = children(node).filter((one) => one !== id);
        this.#within([nameOf(id)], others);
        break;
      }
      case "CatchClause":
        this.#within(boundNames(part(node, "param")), children(node));
        break;
      case "BlockStatement":
      case "StaticBlock":
        this.#within(lexicalNames(parts(node, "body")), children(node));
        break;
      default:
        this.#all(children(node));
    }
  }

  #loop(node: Node): void {
    const head = part(node, "init") ?? part(node, "left");
    const declares = head?.type === "VariableDeclaration";
    // A declaration in the head is no statement: nothing may end it.
    const nodes = children(node).flatMap((one) => (declares && one === head ? children(one) : [one]));
    this.#within(head ? lexicalNames([head]) : [], nodes);
  }

  #function(node: Node): void {
    const parameters = parts(node, "params");
    const body = part(node, "body");
    const own = node.type === "FunctionExpression" ? [nameOf(part(node, "id"))] : [];
    const implied = node.type === "ArrowFunctionExpression" ? [] : ["arguments"];
    const inBody =
      body?.type === "BlockStatement" ? [...lexicalNames(parts(body, "body")), ...varNames(body)] : [];
    this.#within([...own, ...implied, ...parameters.flatMap(boundNames)], [], () => {
      this.#all(parameters);
      this.#within(inBody, [], () => this.#all([], body));
    });
  }

  /** `{ x }` says the name twice; `{ x = 1 }` in a pattern has a default besides. */
  #property(node: Node): void {
    const key = part(node, "key");
    const value = part(node, "value");
    if (!node["shorthand"]) {
      this.#all([], node["computed"] ? key : undefined, value);
      return;
    }
    if (key && this.#isShared(nameOf(key))) this.#edits.insert(key.start, `${nameOf(key)}: ${SCOPE}.`);
    if (value?.type === "AssignmentPattern") this.#all([], part(value, "right"));
  }

  /** A plain call has no `this`: `f()` must not become a call of a method of the scope. */
  #callee(callee: Node | undefined): void {
    if (callee && this.#isShared(nameOf(callee))) {
      this.#edits.insert(callee.start, `(0, ${SCOPE}.`);
      this.#edits.insert(callee.end, ")");
    } else {
      this.#all([], callee);
    }
  }

  #isShared(name: string): boolean {
    return this.#shared.has(name) && !this.#inner.some((names) => names.has(name));
  }

  #within(names: readonly string[], nodes: readonly Node[], also: () => void = () => {}): void {
    this.#inner.push(new Set(names));
    this.#all(nodes);
    also();
    this.#inner.pop();
  }

  #all(nodes: readonly Node[], ...more: readonly (Node | undefined)[]): void {
    for (const node of [...nodes, ...more]) if (node) this.rewrite(node);
  }
}
