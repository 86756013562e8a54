// SPDX-License-Identifier: MIT
import type { Output } from "../ipynb/notebook.ts";
import type { CellMessage } from "./messages.ts";

/** The displays of a notebook that can be updated, by id. */
export type Displays = Map<string, { output: Output; data: Record<string, unknown> }>;

/**
 * Adds what a cell tells to its outputs, as Jupyter stores them: text goes on where text of its kind ended, and an
 * update replaces the data of the display that it names.
 *
 * @returns the outputs that are new or have changed
 */
export function collect(
  outputs: Output[],
  message: CellMessage,
  executionCount: number,
  displays: Displays,
): Output[] {
  const add = (output: Output): Output[] => {
    outputs.push(output);
    return [output];
  };
  switch (message.type) {
    case "stream": {
      const last = outputs.at(-1);
      if (last?.output_type !== "stream" || last.name !== message.name) {
        return add({ output_type: "stream", name: message.name, text: message.text });
      }
      (last as { text: string }).text += message.text;
      return [last];
    }
    case "error":
      return add({
        output_type: "error",
        ename: message.ename,
        evalue: message.evalue,
        traceback: message.traceback,
      });
    case "execute_result":
      return add({
        output_type: "execute_result",
        data: message.data,
        metadata: {},
        execution_count: executionCount,
      });
    case "display_data": {
      const data = { ...message.data };
      const output: Output = { output_type: "display_data", data, metadata: {} };
      if (message.id !== undefined) displays.set(message.id, { output, data });
      return add(output);
    }
    case "update_display_data": {
      const display = displays.get(message.id ?? "");
      if (display === undefined) return [];
      for (const type of Object.keys(display.data)) delete display.data[type];
      Object.assign(display.data, message.data);
      return [display.output];
    }
  }
}
