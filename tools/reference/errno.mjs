// SPDX-License-Identifier: MIT
/** Writes the errno catalogue from the reasons that `host.explain` goes through. */

/**
 * @typedef {object} Reason
 * @property {string} id
 * @property {number} errno
 * @property {string} text
 * @property {string} source
 * @property {unknown} [evidence]
 */
/** @typedef {{ call: string, reasons: readonly Reason[] }} Entry */

/**
 * What the kernel's table says of an ioctl; the sizes are those of /dev/iommu only.
 *
 * @typedef {object} Ioctl
 * @property {number} command
 * @property {string} [structName]
 * @property {number} [size]
 * @property {number} [min_size]
 */

const INTRODUCTION = `# System calls and their errors

For each system call and each ioctl the conditions in the order in which the kernel tests them, and the errno of the first
that holds. \`host.explain(ret)\` goes through the same lists, and tests hold the order of \`/dev/iommu\` against calls that
break two conditions at once. *Judged* conditions are told from the arguments and the state after the call; of the others it
can only be said that they are possible. The last column names the function that tests the condition, and its file. This page
is generated.
`;

/** @param {string} text */
const cell = (text) => text.replaceAll("|", "\\|");

/** The heading's anchor, as the site and code hosts make it. @param {string} heading */
const anchor = (heading) =>
  heading
    .toLowerCase()
    .replace(/[^\w -]/g, "")
    .replaceAll(" ", "-");

/**
 * @param {readonly Reason[]} reasons
 * @param {(value: number) => string} errnoName
 */
function table(reasons, errnoName) {
  const rows = reasons.map(
    ({ id, errno, text, source, evidence }) =>
      `| \`${id}\` | ${errnoName(-errno)} | ${cell(text)} | ${evidence === undefined ? "possible" : "judged"} | ${cell(source)} |`,
  );
  return ["| condition | errno | because | told | source |", "|---|---|---|---|---|", ...rows, ""];
}

/** The reasons that all of the entries begin with. @param {readonly Entry[]} entries */
function shared(entries) {
  const [one, ...others] = entries.map(({ reasons }) => reasons);
  const length = (one ?? []).findIndex((reason, i) => others.some((reasons) => reasons[i] !== reason));
  return (one ?? []).slice(0, length);
}

/** @param {Ioctl | undefined} ioctl */
function numbers(ioctl) {
  if (ioctl === undefined) return [];
  const { command, structName, size, min_size } = ioctl;
  const number = `Command \`0x${command.toString(16)}\``;
  if (structName === undefined) return [`${number}.`, ""];
  return [
    `${number}, \`struct ${structName}\`: ${size} bytes, of which the first ${min_size} must be given.`,
    "",
  ];
}

/**
 * A group of ioctls: what they share first, then each.
 *
 * @param {{ title: string, first: string, entries: readonly Entry[] }} group
 * @param {(call: string) => Ioctl | undefined} ioctlOf
 * @param {(value: number) => string} errnoName
 */
function group({ title, first, entries }, ioctlOf, errnoName) {
  const common = shared(entries);
  return [
    `## ${title}`,
    "",
    `${first} These conditions come before those of each command:`,
    "",
    ...table(common, errnoName),
    ...entries.flatMap(({ call, reasons }) => [
      `### ${call}`,
      "",
      ...numbers(ioctlOf(call)),
      ...table(reasons.slice(common.length), errnoName),
    ]),
  ];
}

/**
 * Where each errno can come from.
 *
 * @param {readonly Entry[]} catalogue
 * @param {(value: number) => string} errnoName
 */
function byErrno(catalogue, errnoName) {
  /** @type {Map<string, Map<string, Set<string>>>} */
  const found = new Map();
  for (const { call, reasons } of catalogue) {
    for (const { id, errno } of reasons) {
      const calls = found.get(errnoName(-errno)) ?? new Map();
      found.set(errnoName(-errno), calls);
      calls.set(id, (calls.get(id) ?? new Set()).add(call));
    }
  }
  const rows = [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, ids]) => {
      const list = [...ids].map(([id, calls]) => {
        const [only] = calls;
        return calls.size === 1 ? `[\`${id}\`](#${anchor(only ?? "")})` : `\`${id}\` of ${calls.size} calls`;
      });
      return `| ${name} | ${list.join(", ")} |`;
    });
  return [
    "## Which errno did you get?",
    "",
    "Each errno with the conditions that it can come from; a link leads to the call that has the condition.",
    "",
    "| errno | conditions |",
    "|---|---|",
    ...rows,
    "",
  ];
}

/**
 * The page, as Markdown.
 *
 * @param {readonly Entry[]} catalogue
 * @param {(value: number) => string} errnoName names a negative errno
 * @param {(call: string) => Ioctl | undefined} ioctlOf what is known of an ioctl; nothing for a system call
 */
export function errnoReference(catalogue, errnoName, ioctlOf) {
  /** @param {string} prefix */
  const named = (prefix) => catalogue.filter(({ call }) => call.startsWith(prefix));
  const groups = [
    {
      title: "Commands of /dev/iommu",
      first: "The dispatcher looks at the size before it looks at the command.",
      entries: named("IOMMU_"),
    },
    {
      title: "Commands of KVM",
      first: "A VM answers only the process that made it.",
      entries: named("KVM_"),
    },
    {
      title: "Commands of a VFIO device file",
      first: "A device file does nothing before it is bound.",
      entries: named("VFIO_"),
    },
  ];
  const ioctls = new Set(groups.flatMap(({ entries }) => entries));
  return [
    INTRODUCTION,
    ...byErrno(catalogue, errnoName),
    "## System calls",
    "",
    ...catalogue
      .filter((entry) => !ioctls.has(entry))
      .flatMap(({ call, reasons }) => [`### ${call}`, "", ...table(reasons, errnoName)]),
    ...groups.flatMap((one) => group(one, ioctlOf, errnoName)),
  ].join("\n");
}
