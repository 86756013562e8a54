// SPDX-License-Identifier: MIT
import {
  createSystem,
  createVirtualTypeScriptEnvironment,
  type VirtualTypeScriptEnvironment,
} from "@typescript/vfs";
import ts from "typescript";
import { type CellModule, layOut } from "./cell-layout.ts";

/** What the type check finds in a cell; offsets are those of the cell. */
export interface TypeProblem {
  readonly from: number;
  readonly to: number;
  readonly message: string;
}

/** What is known of a name. */
export interface TypeHover {
  readonly from: number;
  readonly to: number;
  readonly signature: string;
  readonly documentation: string;
}

/** A name that may stand at a place. */
export interface TypeCompletion {
  readonly label: string;
  readonly type: string;
}

const MODULE = "/cells.ts";
const MAX_COMPLETIONS = 300;

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ["lib.es2022.d.ts"],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  paths: { "tsm-map-sim": ["/library/index.d.ts"], tslab: ["/tslab.d.ts"] },
  types: [],
  strict: true,
  noEmit: true,
  skipLibCheck: true,
};

/** The type checker for the cells of a notebook, as strict as the one in Jupyter. Needs neither a page nor Node. */
export class CellTypes {
  readonly #environment: VirtualTypeScriptEnvironment;

  /** @param files texts by path: the declarations of the language, the library and the cells' globals */
  constructor(files: Readonly<Record<string, string>>) {
    const all = new Map([...Object.entries(files), [MODULE, "export {};\n"]]);
    this.#environment = createVirtualTypeScriptEnvironment(
      createSystem(all),
      [MODULE, "/globals.d.ts"],
      ts,
      OPTIONS,
    );
  }

  /** What is wrong with the last of some cells. */
  problems(cells: readonly string[]): TypeProblem[] {
    const module = this.#load(cells);
    const { languageService } = this.#environment;
    const found = [
      ...languageService.getSyntacticDiagnostics(MODULE),
      ...languageService.getSemanticDiagnostics(MODULE),
    ];
    const end = cells.at(-1)?.length ?? 0;
    return found.flatMap(({ start = 0, length = 1, messageText, code }) => {
      const from = module.toCell(start);
      if (from === undefined) return [];
      const to = Math.min(from + Math.max(length, 1), end);
      return [{ from, to, message: `${ts.flattenDiagnosticMessageText(messageText, "\n")} (TS${code})` }];
    });
  }

  /** What is known of the name at an offset of the last cell. */
  hover(cells: readonly string[], offset: number): TypeHover | undefined {
    const module = this.#load(cells);
    const info = this.#environment.languageService.getQuickInfoAtPosition(MODULE, module.toModule(offset));
    const from = info && module.toCell(info.textSpan.start);
    if (info === undefined || from === undefined) return undefined;
    return {
      from,
      to: from + info.textSpan.length,
      signature: ts.displayPartsToString(info.displayParts),
      documentation: ts.displayPartsToString(info.documentation),
    };
  }

  /** The names that may stand at an offset of the last cell. */
  completions(cells: readonly string[], offset: number): TypeCompletion[] {
    const module = this.#load(cells);
    const found = this.#environment.languageService.getCompletionsAtPosition(
      MODULE,
      module.toModule(offset),
      {},
    );
    return (found?.entries ?? [])
      .slice(0, MAX_COMPLETIONS)
      .map(({ name, kind }) => ({ label: name, type: kind }));
  }

  #load(cells: readonly string[]): CellModule {
    const module = layOut(cells);
    this.#environment.updateFile(MODULE, module.text);
    return module;
  }
}
