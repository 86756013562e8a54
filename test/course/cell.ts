// SPDX-License-Identifier: MIT
import ts from "typescript";
import { Course } from "../../lib/src/course/course.ts";
import type { Exercise } from "../../lib/src/course/exercise.ts";
import type { Feedback } from "../../lib/src/course/feedback.ts";
import * as library from "../../lib/src/index.ts";

/** Runs code as a cell runs it, imports aside: compiled as tslab compiles, and the value of the last expression. */
export function runCell(code: string, course: Course): unknown {
  const source = ts.createSourceFile("cell.ts", code, ts.ScriptTarget.ES2022, true);
  const last = source.statements.at(-1);
  if (last === undefined || !ts.isExpressionStatement(last))
    throw new Error("the cell ends with no expression");
  const returning = `${code.slice(0, last.getStart())}return ${last.getText()}`;
  const { outputText } = ts.transpileModule(`function cell() {\n${returning}\n}`, {
    compilerOptions: { target: ts.ScriptTarget.ES2022 },
  });
  const scope: Record<string, unknown> = {
    ...library,
    check: course.check.bind(course),
    exercise: course.exercise.bind(course),
  };
  return new Function(...Object.keys(scope), `${outputText}\nreturn cell();`)(...Object.values(scope));
}

/** The feedback on a cell of an exercise, for a learner who starts with it. */
export function feedbackOn(exercise: Exercise, code: string): Feedback {
  return runCell(code, new Course([exercise], [])) as Feedback;
}

/** What the compiler has to say about cells, by their names; each is checked by itself, as in a notebook. */
export function typeErrors(cells: ReadonlyMap<string, string>, indexFile: string): string[] {
  const host = ts.createCompilerHost({});
  const names = exportedNames(indexFile);
  const files = new Map(
    [...cells].map(([name, code]) => {
      const used = names.filter((one) => new RegExp(`\\b${one}\\b`).test(code));
      const imports = `import { ${used.join(", ")} } from ${JSON.stringify(indexFile)};`;
      return [`${indexFile}.${name}.ts`, `${imports}\n${code}\nexport {};`];
    }),
  );
  const read = host.getSourceFile.bind(host);
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    allowImportingTsExtensions: true,
    noEmit: true,
    strict: true,
    types: [],
  };
  host.getSourceFile = (name, ...rest) => {
    const virtual = files.get(name);
    return virtual === undefined
      ? read(name, ...rest)
      : ts.createSourceFile(name, virtual, ts.ScriptTarget.ES2022, true);
  };
  const exists = host.fileExists.bind(host);
  host.fileExists = (name) => files.has(name) || exists(name);
  const program = ts.createProgram([...files.keys()], options, host);
  return [...files.keys()].flatMap((file) => {
    const source = program.getSourceFile(file);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ messageText }) =>
        `${file.slice(indexFile.length + 1, -3)}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
    );
  });
}

/** Every name that the library exports, types too. */
function exportedNames(indexFile: string): string[] {
  const program = ts.createProgram([indexFile], {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    allowImportingTsExtensions: true,
    noEmit: true,
    types: [],
  });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(indexFile);
  const symbol = source && checker.getSymbolAtLocation(source);
  return symbol === undefined ? [] : checker.getExportsOfModule(symbol).map((one) => one.name);
}
