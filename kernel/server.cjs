// SPDX-License-Identifier: MIT
"use strict";

const { setTimeout: sleep } = require("node:timers/promises");
const zmq = require("zeromq");
const { Outbox } = require("./outbox.cjs");
const { PROTOCOL_VERSION, answer, decode, encode } = require("./wire.cjs");

/**
 * The kernel's side of the Jupyter protocol: five ZeroMQ sockets around a session.
 *
 * @spec Jupyter messaging 5.3
 *
 * @typedef {import("./wire.cjs").Message} Message
 * @typedef {import("./session.cjs").Session} Session
 * @typedef {object} Connection  what a connection file says
 * @property {string} transport
 * @property {string} ip
 * @property {string} key
 * @property {number} shell_port
 * @property {number} control_port
 * @property {number} iopub_port
 * @property {number} stdin_port
 * @property {number} hb_port
 */

/**
 * "Run all" sends every cell at once, and some may still be on their way when one fails. For this long after a
 * failure what arrives counts as sent before it; only then is the failure answered, so that whoever waits for the
 * answer and runs on is not cut off.
 */
const FAILURE_GRACE_MS = 100;

const TSLAB_VERSION = require("tslab/package.json").version;

class KernelServer {
  #connection;
  #session;
  // Without a high water mark: past it, a publisher silently drops what a slow reader has not taken yet.
  #iopub = new zmq.Publisher({ sendHighWaterMark: 0 });
  #shell = new zmq.Router({ sendHighWaterMark: 0 });
  #control = new zmq.Router({ sendHighWaterMark: 0 });
  #stdin = new zmq.Router();
  #heartbeat = new zmq.Reply();
  #published = new Outbox(this.#iopub);
  #replies = new Map([this.#shell, this.#control].map((socket) => [socket, new Outbox(socket)]));
  /** The number in brackets beside the last cell that ran. */
  #count = 0;
  /** The end of the queue of cells: they run one at a time, in the order in which they came. */
  #queue = Promise.resolve();
  /** Failures that cut off the cells sent before them. */
  #failures = 0;

  /**
   * @param {Connection} connection
   * @param {Session} session
   */
  constructor(connection, session) {
    this.#connection = connection;
    this.#session = session;
  }

  /** Serves until a client asks for the shutdown. */
  async serve() {
    await this.#listen();
    await Promise.race([this.#receive(this.#shell), this.#receive(this.#control), this.#echoHeartbeats()]);
    await Promise.all([this.#published, ...this.#replies.values()].map((outbox) => outbox.flush()));
    for (const socket of [this.#iopub, this.#shell, this.#control, this.#stdin, this.#heartbeat])
      socket.close();
  }

  /** Takes the ports. One that somebody else has is an error: whoever chose them chooses others once we are gone. */
  async #listen() {
    const { transport, ip, ...ports } = this.#connection;
    const address = (/** @type {number} */ port) =>
      `${transport}://${ip}${transport === "ipc" ? "-" : ":"}${port}`;
    const bound = Promise.all([
      this.#iopub.bind(address(ports.iopub_port)),
      this.#shell.bind(address(ports.shell_port)),
      this.#control.bind(address(ports.control_port)),
      this.#stdin.bind(address(ports.stdin_port)),
      this.#heartbeat.bind(address(ports.hb_port)),
    ]);
    await bound.catch((error) => {
      throw new Error(`The kernel cannot listen on its ports: ${error.message}`);
    });
  }

  async #echoHeartbeats() {
    for await (const frames of this.#heartbeat) await this.#heartbeat.send(frames);
  }

  /**
   * Answers what comes in on a socket, until a shutdown was answered.
   *
   * @param {zmq.Router} socket
   */
  async #receive(socket) {
    for await (const frames of socket) {
      /** @type {Message} */
      let request;
      try {
        request = decode(frames, this.#connection.key);
      } catch {
        continue; // not from our client, who has the key
      }
      if (request.header.msg_type === "execute_request") this.#enqueue(socket, request);
      else this.#handle(socket, request);
      if (request.header.msg_type === "shutdown_request") return;
    }
  }

  /**
   * @param {zmq.Router} socket
   * @param {Message} request
   */
  #handle(socket, request) {
    this.#publish(request, "status", { execution_state: "busy" });
    try {
      const content = this.#answerTo(request);
      if (content) this.#reply(socket, request, { status: "ok", ...content });
    } catch (error) {
      const { name, message } = /** @type {Error} */ (error);
      this.#reply(socket, request, { status: "error", ename: name, evalue: message, traceback: [] });
    }
    this.#publish(request, "status", { execution_state: "idle" });
  }

  /**
   * The content of the answer to any request but that to run a cell; nothing for a message that wants none.
   *
   * @param {Message} request
   * @returns {Record<string, any> | undefined}
   */
  #answerTo({ header, content }) {
    switch (header.msg_type) {
      case "kernel_info_request":
        return this.#kernelInfo();
      case "complete_request":
        return this.#complete(content["code"], content["cursor_pos"]);
      case "inspect_request": {
        const text = this.#session.inspect(content["code"], toUtf16(content["code"], content["cursor_pos"]));
        return {
          found: text !== undefined,
          data: text === undefined ? {} : { "text/plain": text },
          metadata: {},
        };
      }
      case "is_complete_request": {
        const { completed, indent } = this.#session.isComplete(content["code"]);
        return completed ? { status: "complete" } : { status: "incomplete", indent: indent ?? "" };
      }
      case "interrupt_request":
        this.#session.interrupt();
        return {};
      case "shutdown_request":
        return { restart: content["restart"] === true };
      case "comm_info_request":
        return { comms: {} };
      case "history_request":
        return { history: [] };
    }
    if (header.msg_type.endsWith("_request")) throw new Error(`this kernel does not know ${header.msg_type}`);
    return undefined;
  }

  #kernelInfo() {
    return {
      protocol_version: PROTOCOL_VERSION,
      implementation: "tslab",
      implementation_version: TSLAB_VERSION,
      // Saved in every notebook; the same as stock tslab's, but for the version, which there is a wrong constant.
      language_info: {
        codemirror_mode: { mode: "typescript", name: "javascript", typescript: true },
        file_extension: ".ts",
        mimetype: "text/typescript",
        name: "typescript",
        version: this.#session.typescriptVersion,
      },
      banner: `TypeScript ${this.#session.typescriptVersion}`,
      help_links: [],
    };
  }

  /**
   * @param {string} code
   * @param {number} cursor
   */
  #complete(code, cursor) {
    const found = this.#session.complete(code, toUtf16(code, cursor));
    return {
      matches: found.candidates,
      cursor_start: toCodePoints(code, found.start),
      cursor_end: toCodePoints(code, found.end),
      metadata: {},
    };
  }

  /**
   * Runs a cell when those before it have ended, unless one of them failed.
   *
   * @param {zmq.Router} socket
   * @param {Message} request
   */
  #enqueue(socket, request) {
    const failuresSoFar = this.#failures;
    this.#queue = this.#queue.then(async () => {
      this.#publish(request, "status", { execution_state: "busy" });
      const content =
        failuresSoFar === this.#failures ? await this.#runCell(request.content, request) : undefined;
      this.#reply(socket, request, { ...(content ?? { status: "aborted" }), execution_count: this.#count });
      this.#publish(request, "status", { execution_state: "idle" });
    });
  }

  /**
   * @param {Record<string, any>} content
   * @param {Message} request
   */
  async #runCell({ code, silent = false, store_history = true, stop_on_error = true }, request) {
    if (!silent && store_history) this.#count++;
    const number = this.#count;
    const publish = (/** @type {string} */ type, /** @type {Record<string, any>} */ message) => {
      const counted = type === "execute_result" ? { ...message, execution_count: number } : message;
      if (!silent) this.#publish(request, type, counted);
    };
    publish("execute_input", { code, execution_count: number });
    const report = await this.#session.execute(code, number, publish);
    if (!report) return { status: "ok", user_expressions: {}, payload: [] };
    if (stop_on_error) {
      await sleep(FAILURE_GRACE_MS);
      this.#failures++;
    }
    return { status: "error", ...report };
  }

  /**
   * @param {zmq.Router} socket
   * @param {Message} request
   * @param {Record<string, any>} content
   */
  #reply(socket, request, content) {
    const type = request.header.msg_type.replace(/_request$/, "_reply");
    this.#replies.get(socket)?.send(encode(answer(request, type, content), this.#connection.key));
  }

  /**
   * @param {Message} parent
   * @param {string} type
   * @param {Record<string, any>} content
   */
  #publish(parent, type, content) {
    const message = { ...answer(parent, type, content), identities: [Buffer.from(type)] };
    this.#published.send(encode(message, this.#connection.key));
  }
}

/**
 * The protocol counts the cursor's place in code points, JavaScript in UTF-16 units.
 *
 * @param {string} text
 * @param {number} codePoints
 */
function toUtf16(text, codePoints) {
  return [...text].slice(0, codePoints).join("").length;
}

/**
 * @param {string} text
 * @param {number} utf16
 */
function toCodePoints(text, utf16) {
  return [...text.slice(0, utf16)].length;
}

module.exports = { KernelServer };
