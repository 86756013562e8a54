// SPDX-License-Identifier: MIT
import type { Output } from "../ipynb/notebook.ts";
import { collect, type Displays } from "../runtime/collect.ts";
import type { RunReply, RunRequest } from "../runtime/protocol.ts";
import { keepProgress, storedProgress } from "./course-progress.ts";
import { announce } from "./dom.ts";
import type { LiveCell, Outcome } from "./live-cell.ts";
import { OutputView } from "./output-view.ts";

interface Ended {
  readonly outcome: Outcome;
  readonly line?: number | undefined;
}

/** Runs the cells of a page, one at a time, in one worker; a new worker knows nothing of what ran before. */
export class Runner {
  readonly #cells: readonly LiveCell[];
  readonly #onAccepted: (exercise: string) => void;
  readonly #view = new OutputView();
  readonly #ran = new Set<LiveCell>();
  #displays: Displays = new Map();
  #worker: Worker | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #count = 0;
  #requests = 0;
  /** Counts the workers that were given up: what was queued for one of them does not run. */
  #era = 0;
  #abort: (() => void) | undefined;

  constructor(cells: readonly LiveCell[], onAccepted: (exercise: string) => void) {
    this.#cells = cells;
    this.#onAccepted = onAccepted;
  }

  /** Runs a cell, and before it each earlier one that the worker has not run. */
  run(cell: LiveCell): Promise<void> {
    const era = this.#era;
    const result = this.#queue.then(() => (era === this.#era ? this.#runUpTo(cell, era) : undefined));
    this.#queue = result;
    return result;
  }

  /** Runs code that is in no cell and shows its output in a box, when what runs now has ended. */
  ask(source: string, box: HTMLElement): Promise<void> {
    const era = this.#era;
    const result = this.#queue.then(async () => {
      if (era !== this.#era) return;
      const outputs: Output[] = [];
      await this.#send({ id: ++this.#requests, source, number: 0 }, async (reply) => {
        if (reply.kind !== "output") return;
        const changed = reply.messages.flatMap((message) => collect(outputs, message, 0, this.#displays));
        (await this.#view.prepare(changed))(box);
      });
    });
    this.#queue = result;
    return result;
  }

  /** Ends the running cell. */
  stop(): void {
    if (this.#abort) this.forget();
  }

  /** Has the worker there before it is needed. */
  warm(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL("../runtime/worker.ts", import.meta.url), { type: "module" });
    // One that could not be loaded is no use; the next Run tries anew, and tells.
    worker.addEventListener("error", () => {
      if (this.#worker === worker) this.#worker = undefined;
    });
    this.#worker = worker;
    return worker;
  }

  /** Gives the worker up: the next run begins with the first cell. */
  forget(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#ran.clear();
    this.#displays = new Map();
    this.#count = 0;
    this.#era++;
    this.#abort?.();
  }

  async #runUpTo(cell: LiveCell, era: number): Promise<void> {
    const before = this.#cells.slice(0, this.#cells.indexOf(cell)).filter((one) => !this.#ran.has(one));
    for (const one of before) {
      const { outcome } = await this.#execute(one);
      if (era !== this.#era) return;
      if (outcome === "failed" && !one.mayFail) {
        cell.say(`not run: cell ${one.number} failed`);
        announce(`Cell ${one.number} failed, so cell ${cell.number} did not run.`);
        return;
      }
    }
    const { outcome, line } = await this.#execute(cell);
    const at = line === undefined ? "" : ` at line ${line}`;
    const how = {
      ran: "ran",
      failed: `failed${at}`,
      stopped: "was stopped; the next Run begins with the first cell",
    };
    announce(`Cell ${cell.number} ${how[outcome]}.`);
  }

  async #execute(cell: LiveCell): Promise<Ended> {
    this.#ran.add(cell);
    if (cell.text.trim() === "") {
      cell.outputs.replaceChildren();
      return { outcome: "ran" };
    }
    const count = ++this.#count;
    const outputs: Output[] = [];
    cell.begin();
    let fresh = false;
    const clear = (): void => {
      if (!fresh) cell.outputs.replaceChildren();
      fresh = true;
    };
    const ended = await this.#send(
      { id: ++this.#requests, source: cell.text, number: count },
      async (reply) => {
        if (reply.kind === "verdict" && reply.accepted) this.#onAccepted(reply.exercise);
        if (reply.kind !== "output") return;
        const changed = reply.messages.flatMap((message) => collect(outputs, message, count, this.#displays));
        const show = await this.#view.prepare(changed);
        clear();
        show(cell.outputs);
      },
    );
    clear();
    cell.end(ended.outcome, ended.outcome === "stopped" ? undefined : count, ended.line);
    return ended;
  }

  /** Has the worker run a cell; replies are dealt with one after another. */
  #send(request: RunRequest, onReply: (reply: RunReply) => Promise<void>): Promise<Ended> {
    const worker = this.warm();
    return new Promise((resolve) => {
      let replies: Promise<void> = Promise.resolve();
      const end = (ended: Ended): void => {
        this.#abort = undefined;
        worker.removeEventListener("error", onError);
        void replies.then(() => resolve(ended));
      };
      const onError = (event: ErrorEvent): void => {
        const text = `The part that runs cells could not be loaded. ${event.message ?? ""}`;
        const messages = [{ type: "stream", name: "stderr", text } as const];
        replies = replies.then(() => onReply({ id: request.id, kind: "output", messages }));
        this.#worker = undefined;
        end({ outcome: "failed" });
      };
      // Timers may still print after the end; the listener stays as long as the worker.
      worker.addEventListener("message", ({ data }: MessageEvent<RunReply>) => {
        if (data.id !== request.id) return;
        if (data.kind === "progress") keepProgress(data.change);
        replies = replies.then(() => onReply(data));
        if (data.kind === "done") end({ outcome: data.failed ? "failed" : "ran", line: data.line });
      });
      worker.addEventListener("error", onError);
      this.#abort = () => end({ outcome: "stopped" });
      const progress = storedProgress();
      worker.postMessage({ ...request, ...(progress !== undefined && { progress }) });
    });
  }
}
