// SPDX-License-Identifier: MIT
import { fileURLToPath } from "node:url";
import type { Message } from "../../kernel/wire.cjs";
import { type Execution, KernelClient } from "../../tools/kernel-client.mjs";

/** The folder that the kernels of these tests run in. */
export const HERE: string = fileURLToPath(new URL(".", import.meta.url));

/** A started kernel, used like a notebook. */
export class Notebook {
  readonly kernel: KernelClient;

  static async open(): Promise<Notebook> {
    return new Notebook(await KernelClient.start({ cwd: HERE }));
  }

  constructor(kernel: KernelClient) {
    this.kernel = kernel;
  }

  /** Runs a cell. */
  async run(code: string): Promise<Cell> {
    return new Cell(await this.kernel.execute(code));
  }

  async close(): Promise<void> {
    await this.kernel.shutdown();
  }
}

/** A cell that has run: what stands below it. */
export class Cell {
  readonly reply: Record<string, unknown>;
  readonly messages: Execution["messages"];

  constructor({ reply, messages }: Execution) {
    this.reply = reply;
    this.messages = messages;
  }

  get status(): unknown {
    return this.reply["status"];
  }

  /** The types of the messages below the cell. */
  get types(): string[] {
    return this.messages.map((message) => message.header.msg_type).filter((type) => type !== "execute_input");
  }

  /** All it printed. */
  get text(): string {
    return this.contents("stream")
      .map((content) => content["text"])
      .join("");
  }

  /** The value of its last expression. */
  get result(): Record<string, unknown> | undefined {
    return this.contents("execute_result")[0]?.["data"];
  }

  /** What it shows when it fails. */
  get traceback(): string {
    return this.contents("error")
      .flatMap((content) => content["traceback"])
      .join("\n");
  }

  contents(type: string): Message["content"][] {
    return this.messages
      .filter((message) => message.header.msg_type === type)
      .map((message) => message.content);
  }
}
