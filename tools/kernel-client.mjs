// SPDX-License-Identifier: MIT
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as zmq from "zeromq";

/**
 * A client of a Jupyter kernel, without Python: starts the kernel as Jupyter would, and talks to it over ZeroMQ.
 *
 * @spec Jupyter messaging 5.3
 *
 * @typedef {import("../kernel/wire.cjs").Message} Message
 * @typedef {object} Execution  what came of one execute request
 * @property {Record<string, any>} reply  the content of the execute_reply
 * @property {Message[]} messages  what was published for it, in order, without the status messages
 */

const require = createRequire(import.meta.url);
/** @type {typeof import("../kernel/wire.cjs")} */
const wire = require("../kernel/wire.cjs");
/** @type {typeof import("../kernel/outbox.cjs")} */
const { Outbox } = require("../kernel/outbox.cjs");

/** The kernel of this course. */
export const LAUNCHER = fileURLToPath(new URL("../kernel/launcher.cjs", import.meta.url));

/** A kernel that starts slower than this on any machine is not going to. */
const START_LIMIT_MS = 60_000;
/** Free ports are found before the kernel takes them: somebody else may be faster. */
const PORT_TRIES = 3;
const PORT_TAKEN = /cannot listen on its ports/;
/** Between two questions whether the kernel is ready. */
const ASK_AGAIN_MS = 100;
/** How long a kernel may take to leave once asked. */
const SHUTDOWN_LIMIT_MS = 5_000;

/** A running kernel and the connection to it. */
export class KernelClient {
  #child;
  #folder;
  #key;
  #session = randomUUID();
  #shell = new zmq.Dealer({ linger: 0 });
  #control = new zmq.Dealer({ linger: 0 });
  #iopub = new zmq.Subscriber({ linger: 0, receiveHighWaterMark: 0 });
  #toShell = new Outbox(this.#shell);
  #toControl = new Outbox(this.#control);
  /** @type {Map<string, (reply: Message) => void>} by the id of the request */
  #waiting = new Map();
  /** @type {Map<string, (message: Message) => void>} by the id of the request */
  #listening = new Map();
  #errorText = "";
  /** @type {(reason: Error) => void} */
  #fail = () => {};
  /** @type {Promise<never>} never fulfilled; rejected when the kernel is gone */
  #gone;

  /**
   * Starts a kernel and waits until it answers.
   *
   * @param {object} options
   * @param {string} options.cwd  the folder of the notebook
   * @param {string[]} [options.command]  what to start, without the connection file
   */
  static async start({ cwd, command = [process.execPath, LAUNCHER] }) {
    for (let tries = PORT_TRIES; ; tries--) {
      try {
        return await KernelClient.#startOnce(cwd, command);
      } catch (error) {
        if (tries === 1 || !PORT_TAKEN.test(String(error))) throw error;
      }
    }
  }

  /**
   * @param {string} cwd
   * @param {string[]} command
   */
  static async #startOnce(cwd, command) {
    const ports = await freePorts(5);
    const folder = mkdtempSync(path.join(tmpdir(), "tslab-"));
    const connection = {
      transport: "tcp",
      ip: "127.0.0.1",
      key: randomUUID(),
      signature_scheme: "hmac-sha256",
      shell_port: ports[0],
      control_port: ports[1],
      iopub_port: ports[2],
      stdin_port: ports[3],
      hb_port: ports[4],
    };
    const file = path.join(folder, "connection.json");
    writeFileSync(file, JSON.stringify(connection), { mode: 0o600 });
    const client = new KernelClient(command, cwd, file, folder, connection);
    try {
      await client.#untilReady();
    } catch (error) {
      await client.kill();
      throw error;
    }
    return client;
  }

  /**
   * @param {string[]} command
   * @param {string} cwd
   * @param {string} file
   * @param {string} folder
   * @param {{ key: string, shell_port: number | undefined, control_port: number | undefined, iopub_port: number | undefined }} connection
   */
  constructor([program = "", ...parameters], cwd, file, folder, connection) {
    this.#folder = folder;
    this.#key = connection.key;
    this.#gone = new Promise((_, reject) => {
      this.#fail = reject;
    });
    this.#gone.catch(() => {}); // the kernel may also go while nobody waits for anything
    this.#child = spawn(program, [...parameters, file], { cwd, stdio: ["ignore", "ignore", "pipe"] });
    this.#child.stderr.on("data", (chunk) => {
      this.#errorText += chunk;
    });
    this.exited = new Promise((resolve) => this.#child.once("exit", () => resolve(undefined)));
    this.#child.once("error", (error) => this.#fail(error));
    // Not on "exit": what it said last may come after that.
    this.#child.once("close", () => this.#fail(new Error(`the kernel ended${lastLines(this.#errorText)}`)));
    this.#shell.connect(`tcp://127.0.0.1:${connection.shell_port}`);
    this.#control.connect(`tcp://127.0.0.1:${connection.control_port}`);
    this.#iopub.connect(`tcp://127.0.0.1:${connection.iopub_port}`);
    this.#iopub.subscribe();
    void this.#receiveReplies(this.#shell);
    void this.#receiveReplies(this.#control);
    void this.#receivePublished();
  }

  /** The process id of the kernel. */
  get pid() {
    return this.#child.pid;
  }

  /**
   * Sends a request on the shell channel.
   *
   * @param {string} type
   * @param {Record<string, any>} [content]
   * @returns {Promise<Record<string, any>>}  the content of the reply
   */
  async request(type, content = {}) {
    const reply = await this.#send(this.#toShell, wire.request(type, content, this.#session));
    return reply.content;
  }

  /**
   * Runs code, and waits for both its reply and the message that it is done.
   *
   * @param {string} code
   * @param {{ stopOnError?: boolean, silent?: boolean, onMessage?: (message: Message) => void }} [options]
   * @returns {Promise<Execution>}
   */
  async execute(code, { stopOnError = true, silent = false, onMessage } = {}) {
    const content = { code, silent, store_history: true, user_expressions: {}, allow_stdin: false };
    const message = wire.request(
      "execute_request",
      { ...content, stop_on_error: stopOnError },
      this.#session,
    );
    /** @type {Message[]} */
    const messages = [];
    const idle = new Promise((resolve) => {
      this.#listening.set(message.header.msg_id, (published) => {
        if (published.header.msg_type !== "status") {
          messages.push(published);
          onMessage?.(published);
        } else if (published.content["execution_state"] === "idle") {
          resolve(undefined);
        }
      });
    });
    const [reply] = await Promise.all([this.#send(this.#toShell, message), Promise.race([idle, this.#gone])]);
    return { reply: reply.content, messages };
  }

  /** Interrupts the kernel as Jupyter does. */
  interrupt() {
    this.#child.kill("SIGINT");
  }

  /** Asks the kernel to leave, and makes it when it does not. */
  async shutdown() {
    const limit = setTimeout(() => this.#child.kill("SIGKILL"), SHUTDOWN_LIMIT_MS);
    const message = wire.request("shutdown_request", { restart: false }, this.#session);
    await this.#send(this.#toControl, message).catch(() => {}); // gone already is just as well
    await this.exited;
    clearTimeout(limit);
    this.#close();
  }

  /** Ends the kernel at once. */
  async kill() {
    if (this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill("SIGKILL");
      await this.exited;
    }
    this.#close();
  }

  #close() {
    for (const socket of [this.#shell, this.#control, this.#iopub]) socket.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Waits until requests are answered and what is published arrives: a subscription takes effect only in time. */
  async #untilReady() {
    const limit = setTimeout(() => {
      this.#fail(new Error(`the kernel does not answer${lastLines(this.#errorText)}`));
    }, START_LIMIT_MS);
    try {
      for (let published = false; !published; ) {
        const message = wire.request("kernel_info_request", {}, this.#session);
        this.#listening.set(message.header.msg_id, () => {
          published = true;
        });
        const info = await this.#send(this.#toShell, message);
        this.languageInfo = info.content["language_info"];
        if (!published) await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
        this.#listening.delete(message.header.msg_id);
      }
    } finally {
      clearTimeout(limit);
    }
  }

  /**
   * @param {InstanceType<typeof Outbox>} outbox
   * @param {Message} message
   * @returns {Promise<Message>}  the reply
   */
  #send(outbox, message) {
    /** @type {Promise<Message>} */
    const reply = new Promise((resolve) => this.#waiting.set(message.header.msg_id, resolve));
    outbox.send(wire.encode(message, this.#key));
    return Promise.race([reply, this.#gone]);
  }

  /** @param {zmq.Dealer} socket */
  async #receiveReplies(socket) {
    for await (const frames of socket) {
      const message = wire.decode(frames, this.#key);
      const id = message.parent.msg_id ?? "";
      this.#waiting.get(id)?.(message);
      this.#waiting.delete(id);
    }
  }

  async #receivePublished() {
    for await (const frames of this.#iopub) {
      const message = wire.decode(frames, this.#key);
      this.#listening.get(message.parent.msg_id ?? "")?.(message);
    }
  }
}

/**
 * Ports of the loopback interface that nobody uses at the moment.
 *
 * @param {number} count
 */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        /** @type {Promise<number>} */ (
          new Promise((resolve, reject) => {
            server.once("error", reject);
            server.listen(0, "127.0.0.1", () => {
              const address = server.address();
              resolve(typeof address === "object" && address ? address.port : 0);
            });
          })
        ),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** @param {string} text */
function lastLines(text) {
  const lines = text.trimEnd().split("\n").slice(-10).join("\n");
  return lines === "" ? "" : `:\n${lines}`;
}
