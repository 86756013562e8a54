// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { KernelClient } from "../../tools/kernel-client.mjs";
import { parseNotebook, toText } from "../../tools/notebook-format.mjs";
import { COURSE, FIXTURE, ROOT } from "./course.ts";

const STOCK = [
  process.execPath,
  path.join(ROOT, "node_modules", "tslab", "bin", "tslab"),
  "kernel",
  "--config-path",
];
/** After a failing cell the stock kernel skips the cells that come within 200 ms. */
const STOCK_SKIPS_MS = 250;

describe("in the kernel of tslab as it is published", () => {
  it.for([FIXTURE, ...COURSE].map((file) => [path.relative(ROOT, file), file] as const))(
    "%s runs, though its outputs look different",
    async ([, file]) => {
      const notebook = parseNotebook(readFileSync(file, "utf8"));
      const kernel = await KernelClient.start({ cwd: path.dirname(file), command: STOCK });
      const failed: string[] = [];
      for (const [index, cell] of notebook.cells.entries()) {
        const source = toText(cell.source);
        if (cell.cell_type !== "code" || source.trim() === "") continue;
        const { reply, messages } = await kernel.execute(source);
        if (reply["status"] === "ok") continue;
        await new Promise((resolve) => setTimeout(resolve, STOCK_SKIPS_MS));
        if (cell.metadata["tags"]?.includes("raises-exception")) continue;
        failed.push(`cell ${index + 1}: ${messages.map(({ content }) => content["text"] ?? "").join("")}`);
      }
      await kernel.kill();

      expect(failed).toEqual([]);
    },
  );
});
