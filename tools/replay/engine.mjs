// SPDX-License-Identifier: MIT
/** Plays recorded RMI calls against the simulator and compares every answer. */

import { around } from "./around.mjs";
import { guestAction, observed } from "./guest.mjs";
import { BadRecording, bits64 } from "./lines.mjs";

/** @typedef {import("./lines.mjs").Line} Line */
/** @typedef {Omit<typeof import("./simulator.d.ts"), "default">} Simulator */

const PAGE = 4096;
const EXIT_REASONS = ["SYNC", "IRQ", "FIQ", "PSCI", "RIPAS_CHANGE", "HOST_CALL", "SERROR"];

/**
 * A call whose answer is not the recorded one.
 *
 * @typedef {object} Difference
 * @property {Line} line
 * @property {unknown} expected
 * @property {unknown} came
 * @property {string} around the state that the call met, in words
 */

/**
 * @typedef {object} Outcome
 * @property {number} matched lines with the recorded answer
 * @property {number} differing lines with another
 * @property {Difference} [first]
 */

/**
 * Plays a recording from its first line to its last; a difference does not end it.
 *
 * @param {Simulator} simulator
 * @param {readonly Line[]} lines
 * @param {{ details?: boolean }} [options] details: compare TLB invalidations and zeroed granules too
 * @returns {Outcome}
 */
export function replay(simulator, lines, options = {}) {
  /** @type {Outcome} */
  const outcome = { matched: 0, differing: 0 };
  /** @type {Player | undefined} */
  let player;
  for (const line of lines) {
    if (line.cmd === "#NOTE") continue;
    if (line.cmd === "#BEGIN") {
      player = new Player(simulator, line, outcome, options.details === true);
      continue;
    }
    if (line.nested === true) player?.nested.push(line);
    else player?.play(line);
  }
  return outcome;
}

/** One sequence on its own machine. */
class Player {
  /** Lines that another processor issues while the next REC runs. @type {Line[]} */
  nested = [];

  /**
   * @param {Simulator} simulator
   * @param {Line} begin
   * @param {Outcome} outcome
   * @param {boolean} details
   */
  constructor(simulator, begin, outcome, details) {
    this.simulator = simulator;
    this.outcome = outcome;
    this.details = details;
    this.dramBase = Number(bits64(begin.args["dram_base"], "dram_base", begin));
    const dramPages = Number(bits64(begin.args["granules"], "granules", begin));
    this.machine = new simulator.Machine({ dramBase: this.dramBase, dramPages });
    this.rmm = new simulator.Rmm(this.machine);
    for (const pa of begin.args["secure"] ?? []) {
      const pfn = Number(bits64(pa, "secure", begin)) / PAGE;
      this.machine.gpt.assign(/** @type {any} */ (pfn), simulator.PAS.Secure);
    }
  }

  /** @param {Line} line */
  play(line) {
    if (line.ret === undefined) throw new BadRecording(`line ${line.number} (${line.cmd}) has no "ret".`);
    const state = around(this.simulator, this.rmm, line);
    const withNested = line.cmd === "REC_ENTER" && this.nested.length > 0;
    const watched = this.details && (line.rep?.n ?? 1) === 1 && !withNested;
    /** @type {[bigint, number][]} */
    const tlbi = [];
    /** @type {number[]} */
    const zeroed = [];
    const stop = watched ? this.watch(tlbi, zeroed) : () => {};
    let came;
    try {
      came = this.answer(line);
    } finally {
      stop();
    }
    const expected = {
      ...line.ret,
      ...(watched ? { tlbi: line.tlbi ?? [], zeroed: line.zeroed ?? [] } : {}),
    };
    const got = { ...came, ...(watched ? { tlbi, zeroed: zeroed.slice(0, 64) } : {}) };
    this.compare(line, expected, got, state);
  }

  /**
   * @param {[bigint, number][]} tlbi
   * @param {number[]} zeroed
   */
  watch(tlbi, zeroed) {
    return this.machine.trace.listen(({ name, detail }) => {
      if (name === "zero") zeroed.push((Number(detail["pa"]) - this.dramBase) / PAGE);
      if (name !== "tlbi") return;
      const ipa = /** @type {bigint} */ (detail["ipa"]);
      const pages = /** @type {number} */ (detail["pages"]);
      const last = tlbi.at(-1);
      if (last !== undefined && last[0] + BigInt(last[1] * PAGE) === ipa) last[1] += pages;
      else tlbi.push([ipa, pages]);
    });
  }

  /**
   * @param {Line} line
   * @param {Record<string, unknown>} expected
   * @param {Record<string, unknown>} came
   * @param {string} state
   */
  compare(line, expected, came, state) {
    const differs = Object.entries(expected).some(
      ([name, value]) => !(line.cmd === "FEATURES" && name === "value") && !same(value, came[name]),
    );
    if (!differs) {
      this.outcome.matched++;
      return;
    }
    this.outcome.differing++;
    this.outcome.first ??= { line, expected, came, around: state };
  }

  /**
   * @param {Line} line
   * @returns {Record<string, unknown>}
   */
  answer(line) {
    switch (line.cmd) {
      case "RAW":
        return { x0: this.smc(bits64(line.args["fid"], "fid", line), [])[0] };
      case "#HOST_READ":
      case "#HOST_WRITE":
        return this.hostAccess(line);
      case "#STATE":
        return { granules: this.granuleRuns() };
      default:
        return this.command(line);
    }
  }

  /**
   * @param {bigint} fid
   * @param {bigint[]} registers
   */
  smc(fid, registers) {
    return this.simulator.smcRegisters(this.rmm, fid, registers);
  }

  /** @param {Line} line */
  hostAccess(line) {
    const pa = Number(bits64(line.args["addr"], "addr", line));
    const bytes = new Uint8Array(8);
    const view = new DataView(bytes.buffer);
    const { bus } = this.machine;
    const space = this.simulator.PAS.NonSecure;
    if (line.cmd === "#HOST_WRITE") {
      view.setBigUint64(0, bits64(line.args["value"], "value", line), true);
      return { fault: bus.write(space, pa, bytes) === undefined ? null : "gpf" };
    }
    if (bus.read(space, pa, bytes) !== undefined) return { fault: "gpf" };
    return { fault: null, value: view.getBigUint64(0, true) };
  }

  /** Every granule that is not NS, as runs of equal ones. */
  granuleRuns() {
    /** @type {[number, number, string, number][]} */
    const runs = [];
    this.rmm.state.granules.forEachInUse((pfn, granuleState, count) => {
      const index = pfn - this.dramBase / PAGE;
      const name = this.simulator.granuleStateName(granuleState);
      const last = runs.at(-1);
      if (last !== undefined && last[0] + last[1] === index && last[2] === name && last[3] === count)
        last[1]++;
      else runs.push([index, 1, name, count]);
    });
    return runs;
  }

  /**
   * A command, as often as the line says; all answers of a repeated one must be the same.
   *
   * @param {Line} line
   */
  command(line) {
    const command = this.simulator.rmiCommands.find(({ name }) => name === `RMI_${line.cmd}`);
    if (command === undefined) {
      throw new BadRecording(
        `line ${line.number}: "${line.cmd}" is not a command of the recorded interface.`,
      );
    }
    const count = line.rep?.n ?? 1;
    /** @type {Record<string, unknown>} */
    let came = {};
    for (let n = 0; n < count; n++) {
      const registers = command.args.map((name) => {
        const stride = line.rep?.stride[name] ?? 0;
        return bits64(line.args[name], name, line) + BigInt(stride) * BigInt(n);
      });
      came = this.issue(line, command, registers);
      const recorded = /** @type {Record<string, unknown>} */ (line.ret);
      if (Object.entries(recorded).some(([name, value]) => !same(value, came[name])))
        return { ...came, at: n };
    }
    return came;
  }

  /**
   * @param {Line} line
   * @param {import("../../lib/src/rmm/command.ts").Command} command
   * @param {bigint[]} registers
   */
  issue(line, command, registers) {
    const fid = BigInt(command.fid);
    if (line.cmd === "REC_ENTER") return this.recEnter(line, fid, registers);
    const restore = this.placeParams(line);
    const [x0 = 0n, ...results] = this.smc(fid, registers);
    restore();
    const named = command.results.map((name, n) => [name, results[n]]);
    return { status: x0 & 0xffn, index: (x0 >> 8n) & 0xffn, ...Object.fromEntries(named) };
  }

  /**
   * Puts the parameters of a realm or REC where the host would have written them.
   *
   * @param {Line} line
   */
  placeParams(line) {
    const { p } = line.args;
    if (p === undefined) return () => {};
    const { rmi_realm_params, rmi_rec_params } = this.simulator;
    const number = (/** @type {string} */ name) => bits64(p[name], `p.${name}`, line);
    const bytes =
      line.cmd === "REALM_CREATE"
        ? rmi_realm_params({
            flags: number("flags"),
            s2sz: Number(number("s2sz")),
            num_bps: Number(number("num_bps")),
            num_wps: Number(number("num_wps")),
            hash_algo: Number(number("algorithm")),
            vmid: Number(number("vmid")),
            rtt_base: number("rtt_base"),
            rtt_level_start: number("rtt_level_start"),
            rtt_num_start: Number(number("rtt_num_start")),
          })
        : rmi_rec_params({
            flags: number("flags"),
            mpidr: number("mpidr"),
            num_aux: number("num_aux"),
            aux: p.aux.map((/** @type {string} */ pa) => bits64(pa, "p.aux", line)),
          });
    return this.place(bits64(line.args["params"], "params", line), bytes);
  }

  /**
   * Writes a page of the host, if it is one, and answers how to bring its content back.
   *
   * @param {bigint} pa
   * @param {Uint8Array} bytes
   */
  place(pa, bytes) {
    const { bus, memory } = this.machine;
    const pfn = /** @type {any} */ (Number(pa) / PAGE);
    if (!Number.isInteger(pfn) || bus.check(this.simulator.PAS.NonSecure, pfn) !== undefined) return () => {};
    const before = memory.bytes(pfn).slice();
    memory.bytes(pfn).set(bytes);
    return () => memory.bytes(pfn).set(before);
  }

  /**
   * @param {Line} line
   * @param {bigint} fid
   * @param {bigint[]} registers
   */
  recEnter(line, fid, registers) {
    const { machine, simulator } = this;
    const [recPa = 0n, runPa = 0n] = registers;
    const others = this.nested;
    this.nested = [];
    const action = guestAction(line.args["realm"] ?? { op: "NONE" }, line, simulator.fromRegister);
    let restore = this.place(
      runPa,
      simulator.rmi_rec_run({ flags: bits64(line.args["enter"]?.flags ?? 0, "flags", line) }),
    );
    /** @type {Record<string, unknown>} */
    const seen = {};
    let asked = 0;
    const snapshot = () => {
      const runPfn = /** @type {any} */ (Number(runPa) / PAGE);
      const content = machine.memory.bytes(runPfn).slice();
      restore = () => machine.memory.bytes(runPfn).set(content);
    };
    /** @type {(result: import("./guest.mjs").GuestResult) => unknown} */
    const next = (result) => {
      asked++;
      if (asked === 1) {
        restore();
        if (result.kind === "returned") seen["rsi_completed"] = [result.x0, result.x1, result.x2];
        for (const other of others) this.play({ ...other, nested: false });
        snapshot();
        return { done: false, value: action };
      }
      if (asked === 2) Object.assign(seen, observed(action, result));
      snapshot();
      return { done: false, value: { op: "wait" } };
    };
    machine.programs.set(Number(recPa), /** @type {any} */ ({ next }));
    const [x0 = 0n] = this.smc(fid, registers);
    const page = machine.memory.peek(/** @type {any} */ (Number(runPa) / PAGE));
    const exit =
      x0 === 0n
        ? this.exit(
            simulator.rmi_rec_run.decode(
              page === undefined ? new Uint8Array(0) : new Uint8Array(page.buffer),
            ),
          )
        : undefined;
    restore();
    for (const other of asked === 0 ? others : []) {
      this.compare(other, other.ret ?? {}, {}, "The REC that this call should have met running did not run.");
    }
    if (exit?.reason === "SYNC" && action.op !== "smc") {
      seen["access"] = { result: "abort_to_host", walk_level: Number(exit.esr) & 3 };
    }
    return {
      status: x0 & 0xffn,
      index: (x0 >> 8n) & 0xffn,
      ...seen,
      ...(exit === undefined ? {} : { exit }),
    };
  }

  /**
   * The exit half of the run page, as far as its reason defines it.
   *
   * @param {ReturnType<Simulator["rmi_rec_run"]["decode"]>} page
   * @returns {{ reason: string | undefined, esr?: bigint }}
   */
  exit(page) {
    const reason = EXIT_REASONS[Number(page.exit_reason)];
    const { ripas_base, ripas_top, ripas_value, esr, far, hpfar } = page;
    if (reason === "RIPAS_CHANGE") return { reason, ...{ ripas_base, ripas_top, ripas_value } };
    if (reason === "SYNC") return { reason, esr, ...{ far, hpfar, gpr0: page.exit_gprs[0] } };
    return { reason };
  }
}

/**
 * Whether an answer is the recorded one: numbers by value, however they are written, and members that were
 * not recorded are not compared.
 *
 * @param {any} recorded
 * @param {any} came
 * @returns {boolean}
 */
function same(recorded, came) {
  if (recorded === null || came === null || came === undefined) return recorded === came;
  if (Array.isArray(recorded)) {
    return (
      Array.isArray(came) &&
      recorded.length === came.length &&
      recorded.every((item, i) => same(item, came[i]))
    );
  }
  if (typeof recorded === "object") {
    return (
      typeof came === "object" && Object.entries(recorded).every(([name, value]) => same(value, came[name]))
    );
  }
  if (typeof came === "bigint" || typeof came === "number") {
    return (
      /^(0x[0-9a-f]+|\d+)$/i.test(String(recorded)) && BigInt.asUintN(64, BigInt(came)) === BigInt(recorded)
    );
  }
  return recorded === came;
}
