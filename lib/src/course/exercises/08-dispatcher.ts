// SPDX-License-Identifier: MIT
import { hex, PAGE_SIZE } from "../../base/address.ts";
import { errnoName } from "../../base/errno.ts";
import { boot } from "../../boot.ts";
import { iommu_vdevice_tsm_map } from "../../kernel/iommufd/uapi-structs.ts";
import { startRealm } from "../../user/vmm.ts";
import { type AssignedDevice, assignDevice } from "../../user/vmm-device.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { RAM } from "./map-labs.ts";

const ID = "08-dispatcher";

/** A request to `/dev/iommu`, as far as it decides the answer. Its range is empty, so it maps nothing. */
export interface IoctlFacts {
  /** The command number, all 32 bits. */
  readonly command: number;
  /** Whether the pointer leads to memory that can be read. */
  readonly readable: boolean;
  /** The size word, in bytes; as many bytes are there. */
  readonly size: number;
  /** Every byte from offset 32 on has this value. */
  readonly tail: number;
  readonly flags: number;
  /** Whether the id is that of a vdevice; otherwise it is that of an IOAS. */
  readonly vdevice: boolean;
}

const GOOD: IoctlFacts = { command: 0x3b97, readable: true, size: 32, tail: 0, flags: 0, vdevice: true };

/** Requests that show one thing each, and then all mixtures of them. */
const TELLING: readonly (Partial<IoctlFacts> & { readonly problem: string; readonly message: string })[] = [
  { problem: "good", message: "This request is in order, and has an empty range: it succeeds." },
  {
    command: 0xc020_3b97,
    problem: "look-alike",
    message: "The low byte of the number is right, but all 32 bits must be those of the table.",
  },
  {
    command: 0xc020_3b97,
    readable: false,
    problem: "number-first",
    message:
      "The size word is read before the whole number is compared, so the bad pointer is noticed first.",
  },
  {
    command: 0x3b98,
    readable: false,
    problem: "outside-table",
    message: "A low byte outside of the table, 0x80 to 0x97, goes another way at once, and nothing is read.",
  },
  {
    size: 28,
    problem: "min-32",
    message:
      "The least size is the end of the last field, vdevice_id. The padding behind it is not asked for.",
  },
  { size: 27, problem: "no-min", message: "One byte of vdevice_id is missing here." },
  {
    size: 40,
    problem: "longer-refused",
    message: "A longer structure is taken as long as what the kernel does not know is zero.",
  },
  {
    size: 40,
    tail: 1,
    problem: "tail-ignored",
    message: "Bytes that the kernel does not know must be zero.",
  },
  {
    size: 40,
    tail: 1,
    flags: 1,
    problem: "flags-before-copy",
    message: "The handler tests the flags; before it runs, the structure was copied, and its tail looked at.",
  },
  {
    vdevice: false,
    problem: "wrong-type",
    message: "A look-up has one answer for whatever is wrong with an id, a wrong type included.",
  },
  {
    flags: 1,
    vdevice: false,
    problem: "look-up-first",
    message: "The handler tests the flags before it looks the vdevice up.",
  },
];

const MIXTURES: readonly IoctlFacts[] = [0x3b97, 0xc020_3b97, 0x3b98, 0x3b20].flatMap((command) =>
  [true, false].flatMap((readable) =>
    [8, 27, 28, 31, 32, 33, 64].flatMap((size) =>
      [0, 1].flatMap((tail) =>
        [0, 1].flatMap((flags) =>
          [true, false].map((vdevice) => ({ command, readable, size, tail, flags, vdevice })),
        ),
      ),
    ),
  ),
);

type Machine = { readonly ioctl: (command: number, argument: Uint8Array | number) => number } & Pick<
  AssignedDevice,
  "vdevice_id" | "ioas_id"
>;

function machine(): Machine {
  const vmm = startRealm(boot({ memory: 256 * PAGE_SIZE }), { gpa: RAM, size: PAGE_SIZE });
  const { iommufd, vdevice_id, ioas_id } = assignDevice(vmm);
  return {
    vdevice_id,
    ioas_id,
    ioctl: (command, argument) => vmm.host.sys.ioctl(iommufd, command, argument),
  };
}

/** What the machine answers to a request. */
function measured({ ioctl, vdevice_id, ioas_id }: Machine, facts: IoctlFacts): string {
  const { command, readable, size, tail, flags, vdevice } = facts;
  if (!readable) return errnoName(ioctl(command, 0));
  const fields = iommu_vdevice_tsm_map({ size, flags, vdevice_id: vdevice ? vdevice_id : ioas_id });
  const bytes = new Uint8Array(size).fill(tail, Math.min(size, fields.length));
  bytes.set(fields.subarray(0, size));
  return errnoName(ioctl(command, bytes));
}

function describe(facts: IoctlFacts): string {
  const { command, readable, size, tail, flags, vdevice } = facts;
  if (!readable) return `ioctl(iommufd, ${hex(command)}, a bad pointer)`;
  const more = size > 32 ? `, then bytes ${tail}` : "";
  return `ioctl(iommufd, ${hex(command)}, { size ${size}, flags ${flags}, id of ${vdevice ? "a vdevice" : "an IOAS"}${more} })`;
}

type Dispatch = (facts: IoctlFacts) => unknown;

function answered(dispatch: Dispatch, facts: IoctlFacts): string {
  try {
    const came = dispatch(facts);
    return typeof came === "number" ? errnoName(came) : String(came);
  } catch (error) {
    return `threw ${error instanceof Error ? error.message : String(error)}`;
  }
}

function check(answer: unknown): Problem | undefined {
  if (typeof answer !== "function") {
    return {
      id: "no-function",
      message:
        'The answer is a function: dispatch(request), which returns "0" or an errno such as "-EINVAL".',
      came: typeof answer,
    };
  }
  const dispatch = answer as Dispatch;
  if ([...TELLING, ...MIXTURES].every((facts) => answered(dispatch, { ...GOOD, ...facts }) === "?"))
    return untouched("The function gives no answer yet.");
  const real = machine();
  for (const { problem, message, ...facts } of TELLING) {
    const found = difference(real, dispatch, { ...GOOD, ...facts });
    if (found !== undefined) return { id: problem, message, ...found };
  }
  for (const facts of MIXTURES) {
    const found = difference(real, dispatch, facts);
    if (found === undefined) continue;
    return {
      id: "order",
      message: "More than one thing is wrong here, and the first test that is not met answers.",
      ...found,
    };
  }
  return undefined;
}

function difference(
  real: Machine,
  dispatch: Dispatch,
  facts: IoctlFacts,
): Pick<Problem, "call" | "expected" | "came"> | undefined {
  const expected = measured(real, facts);
  const came = answered(dispatch, facts);
  return came === expected ? undefined : { call: describe(facts), expected, came };
}

function code(...body: string[]): string {
  return [
    "function dispatch(request: IoctlFacts): string {",
    "  const { command, readable, size, tail, flags, vdevice } = request;",
    ...body.map((line) => `  ${line}`),
    "}",
    `check("${ID}", dispatch);`,
  ].join("\n");
}

const ROUTE = 'if ((command & 0xff) < 0x80 || (command & 0xff) > 0x97) return "-ENOTTY";';
const POINTER = 'if (!readable) return "-EFAULT";';
const NUMBER = 'if (command !== 0x3b97) return "-ENOTTY";';
const SIZE = 'if (size < 28) return "-EINVAL";';
const TAIL = 'if (size > 32 && tail !== 0) return "-E2BIG";';
const FLAGS = 'if (flags !== 0) return "-EOPNOTSUPP";';
const LOOK_UP = 'if (!vdevice) return "-ENOENT";';
const DONE = 'return "0";';

/** The order of the checks. */
export const dispatcher: Exercise = {
  id: ID,
  title: "Be the dispatcher",
  task: 'Write the answer to any request with an empty range, as an errno such as "-EINVAL", or "0". The machine is asked the same, hundreds of times.',
  starter: code('return "?";'),
  check,
  hints: [
    "Write one line for each row of the table above, in its order: if (...) return ...;",
    "The low byte decides the way, 0x80 to 0x97; then the pointer, the whole number 0x3b97, the least size 28, what lies beyond 32; and then the handler: flags, look-up.",
    'if (<low byte outside>) return "-ENOTTY";\nif (!readable) return "-EFAULT";\nif (command !== 0x3b97) return ...\n... four more ...\nreturn "0";',
  ],
  wrongAnswers: [
    { problem: "number-first", code: code(ROUTE, NUMBER, POINTER, SIZE, TAIL, FLAGS, LOOK_UP, DONE) },
    { problem: "outside-table", code: code(POINTER, NUMBER, SIZE, TAIL, FLAGS, LOOK_UP, DONE) },
    {
      problem: "look-alike",
      code: code(
        ROUTE,
        POINTER,
        NUMBER.replace("command", "(command & 0xffff)"),
        SIZE,
        TAIL,
        FLAGS,
        LOOK_UP,
        DONE,
      ),
    },
    {
      problem: "min-32",
      code: code(ROUTE, POINTER, NUMBER, SIZE.replace("28", "32"), TAIL, FLAGS, LOOK_UP, DONE),
    },
    {
      problem: "longer-refused",
      code: code(ROUTE, POINTER, NUMBER, SIZE, TAIL.replace(" && tail !== 0", ""), FLAGS, LOOK_UP, DONE),
    },
    { problem: "tail-ignored", code: code(ROUTE, POINTER, NUMBER, SIZE, FLAGS, LOOK_UP, DONE) },
    { problem: "flags-before-copy", code: code(ROUTE, POINTER, NUMBER, SIZE, FLAGS, TAIL, LOOK_UP, DONE) },
    {
      problem: "wrong-type",
      code: code(ROUTE, POINTER, NUMBER, SIZE, TAIL, FLAGS, LOOK_UP.replace("ENOENT", "EINVAL"), DONE),
    },
    { problem: "look-up-first", code: code(ROUTE, POINTER, NUMBER, SIZE, TAIL, LOOK_UP, FLAGS, DONE) },
  ],
  solution: {
    code: code(ROUTE, POINTER, NUMBER, SIZE, TAIL, FLAGS, LOOK_UP, DONE),
    reasons:
      "Seven tests, and the first that is not met answers. Whoever writes a probe for an ioctl, or a fuzzer, needs the order: -ENOTTY says nothing about the pointer only when the number lies outside of the table, and -EOPNOTSUPP says nothing about the id.",
  },
};
