// SPDX-License-Identifier: MIT
/** Writes the reference page of the firmware's host interface from the tables that the code runs from. */

/**
 * What the page shows of a command.
 *
 * @typedef {object} Command
 * @property {string} name
 * @property {number} fid
 * @property {string} origin
 * @property {readonly string[]} args
 * @property {readonly string[]} results
 * @property {readonly { id: string, text: string, status: number, evidence: string }[]} conditions
 * @property {boolean | undefined} [deviceAssignment]
 */

const STATUS = [
  "RMI_SUCCESS",
  "RMI_ERROR_INPUT",
  "RMI_ERROR_REALM",
  "RMI_ERROR_REC",
  "RMI_ERROR_RTT",
  "RMI_ERROR_NOT_SUPPORTED",
  "RMI_ERROR_DEVICE",
];

const INTRODUCTION = `# The host's interface to the RMM

Every command of the simulated RMM, with the conditions under which it fails. The conditions of a command are tested from
top to bottom, and the first that holds is the answer; where none holds, the command succeeds. This page is generated from
the tables that the code runs from.

Evidence: *recorded* conditions were seen in runs of TF-RMM (tree rmm-spec-v1.x-aligned) and are in the conformance vectors,
*source* ones were read in its source, *model* ones are chosen here because the real one crashes or leaves the case open. Where
a condition gives an index, its text says which; otherwise the index is 0.
`;

/**
 * The page, as Markdown.
 *
 * @param {readonly Command[]} commands
 */
export function rmiReference(commands) {
  return `${[INTRODUCTION, ...commands.map(section)].join("\n")}`;
}

/** @param {Command} command */
function section({ name, fid, origin, args, results, conditions, deviceAssignment }) {
  const registers = (/** @type {readonly string[]} */ names) =>
    names.length === 0 ? "none" : names.map((each, i) => `x${i + 1} = \`${each}\``).join(", ");
  const facts = [
    `Function id 0x${fid.toString(16)}. Arguments: ${registers(args)}. Results besides x0: ${registers(results)}.`,
    `Order of the conditions after \`${origin}\`.`,
    ...(deviceAssignment === true ? ["Exists only with device assignment (RMM 1.1-alp12)."] : []),
  ].join("\n");
  if (conditions.length === 0) return `## ${name}\n\n${facts}\n\nNever fails.\n`;
  const rows = conditions.map(
    ({ id, text, status, evidence }) => `| \`${id}\` | ${text} | ${STATUS[status]} | ${evidence} |`,
  );
  return `## ${name}\n\n${facts}\n\n| condition | fails when | answer | evidence |\n|---|---|---|---|\n${rows.join("\n")}\n`;
}
