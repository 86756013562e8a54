// SPDX-License-Identifier: MIT
/** The state that a call meets, in words: for the report of a difference. */

/** @typedef {import("./lines.mjs").Line} Line */
/** @typedef {Omit<typeof import("./simulator.d.ts"), "default">} Simulator */

const PAGE = 4096;

/**
 * The granules that the arguments of a line name, and the realm they belong to.
 *
 * @param {Simulator} simulator
 * @param {InstanceType<Simulator["Rmm"]>} rmm
 * @param {Line} line
 */
export function around(simulator, rmm, line) {
  const { granules, realms } = rmm.state;
  const named = Object.entries(line.args).filter(
    ([name, value]) => typeof value === "string" && !["ipa", "base", "top", "desc", "value"].includes(name),
  );
  const lines = named.map(([name, value]) => {
    const pa = Number(value);
    const state = granules.stateAt(pa);
    if (state < 0) return `${name} ${value} is not a granule of DRAM`;
    const count = granules.countOf(/** @type {any} */ (pa / PAGE));
    return `${name} ${value} is ${simulator.granuleStateName(/** @type {any} */ (state))}, count ${count}`;
  });
  const realm = realms.get(Number(line.args["rd"]) / PAGE);
  if (realm === undefined) return lines.join("\n");
  const states = ["NEW", "ACTIVE", "SYSTEM_OFF"];
  lines.push(
    `the realm is ${states[realm.state]}, ${realm.ipaBits} bits wide, ${realm.rootCount} root table(s) at level ${realm.startLevel}`,
  );
  return [...lines, ...walkTo(simulator, rmm, realm, Number(line.args["ipa"] ?? line.args["base"]))].join(
    "\n",
  );
}

/**
 * The entries on the way to an address.
 *
 * @param {Simulator} _simulator
 * @param {InstanceType<Simulator["Rmm"]>} rmm
 * @param {import("../../lib/src/rmm/realm.ts").Realm} realm
 * @param {number} ipa
 */
function walkTo(_simulator, rmm, realm, ipa) {
  if (!(ipa < realm.ipaEnd)) return [];
  const { walk } = rmm.state;
  const lines = [];
  for (let level = realm.startLevel; level <= 3; level++) {
    walk.to(realm, ipa, level);
    if (walk.level < level) break;
    const high = (walk.high >>> 0).toString(16).padStart(8, "0");
    const low = (walk.low >>> 0).toString(16).padStart(8, "0");
    lines.push(
      `level ${level}, entry ${walk.index} of table 0x${(walk.table * PAGE).toString(16)}: 0x${high}${low}`,
    );
  }
  return lines;
}
