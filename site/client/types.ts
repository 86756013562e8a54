// SPDX-License-Identifier: MIT
import { autocompletion, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { linter } from "@codemirror/lint";
import type { Extension } from "@codemirror/state";
import { hoverTooltip } from "@codemirror/view";
import type { TypeCompletion, TypeHover, TypeProblem } from "../runtime/cell-types.ts";
import type { TypesRequest } from "../runtime/types-worker.ts";
import { element } from "./dom.ts";

/** Errors are looked for when the learner pauses this long. */
const PAUSE_MS = 500;

let worker: Worker | undefined;
let requests = 0;
const waiting = new Map<number, (answer: unknown) => void>();

/** Asks the worker that knows types; undefined when it cannot tell. */
function ask<T>(what: TypesRequest["ask"], cells: readonly string[], offset: number): Promise<T | undefined> {
  if (worker === undefined) {
    worker = new Worker(new URL("../runtime/types-worker.ts", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }: MessageEvent<{ id: number; answer?: unknown }>) => {
      waiting.get(data.id)?.(data.answer);
      waiting.delete(data.id);
    });
  }
  const id = ++requests;
  worker.postMessage({ id, ask: what, cells, offset } satisfies TypesRequest);
  return new Promise((resolve) => waiting.set(id, (answer) => resolve(answer as T | undefined)));
}

/**
 * Type errors, what is known of a name under the pointer, and completion.
 *
 * @param cells the code of all cells up to and with the edited one
 */
export function cellTypes(cells: () => string[]): Extension[] {
  return [
    linter(
      async ({ state }) => {
        const problems = (await ask<TypeProblem[]>("problems", cells(), 0)) ?? [];
        const end = state.doc.length;
        return problems
          .filter(({ to }) => to <= end)
          .map((problem) => ({ ...problem, severity: "warning" as const }));
      },
      { delay: PAUSE_MS },
    ),
    hoverTooltip(async (_, offset) => {
      const hover = await ask<TypeHover>("hover", cells(), offset);
      if (hover === undefined) return null;
      const dom = element("div", { class: "type-hover" }, element("code", {}, hover.signature));
      if (hover.documentation !== "") dom.append(element("p", {}, hover.documentation));
      return { pos: hover.from, end: hover.to, above: true, create: () => ({ dom }) };
    }),
    autocompletion({ override: [(context) => complete(context, cells())] }),
  ];
}

async function complete(
  context: CompletionContext,
  cells: readonly string[],
): Promise<CompletionResult | null> {
  const word = context.matchBefore(/[\w$]*/);
  const afterDot = context.matchBefore(/\.[\w$]*/) !== null;
  if (!context.explicit && !afterDot && word?.from === word?.to) return null;
  const options = await ask<TypeCompletion[]>("completions", cells, context.pos);
  return options ? { from: word?.from ?? context.pos, options, validFor: /^[\w$]*$/ } : null;
}
