// SPDX-License-Identifier: MIT
import { errnoName } from "../../base/errno.ts";
import { IOMMU_VDEVICE_TSM_MAP } from "../../kernel/iommufd/uapi.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { realmWithRam } from "./map-labs.ts";

const ID = "10-four-reasons";
const PAGES = 4;
const WANTED = ["min_size", "tail_zero", "struct_read", "private_slot"] as const;
type Wanted = (typeof WANTED)[number];

/** What the ioctl came to. */
interface Outcome {
  readonly result: number;
  readonly condition: string | undefined;
}

function play(bytes: Uint8Array): Outcome {
  const { vmm, device } = realmWithRam(PAGES);
  const { host } = vmm;
  const result = host.sys.ioctl(device.iommufd, IOMMU_VDEVICE_TSM_MAP, bytes);
  return { result, condition: host.explain(result).condition };
}

/** Size that a request claims to have. */
function sizeWord(bytes: Uint8Array): number {
  return bytes.length < 4 ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}

/** Why a request that was to fail did not. */
function whyNot(wanted: Wanted, bytes: Uint8Array): [id: string, message: string] {
  const size = sizeWord(bytes);
  if (wanted === "min_size" && size >= 28 && size < 32) {
    return [
      "padding-is-optional",
      "The last field ends at byte 28, and the kernel asks for no more. The four bytes of padding may be missing.",
    ];
  }
  if (wanted === "tail_zero" && size <= 32 && bytes.length > 32) {
    return [
      "size-says-less",
      "The kernel reads as many bytes as the size word says. What lies behind them does not exist for it.",
    ];
  }
  if (wanted === "tail_zero" && size > 32) {
    return [
      "zero-tail",
      "A longer structure is accepted as long as what the kernel does not know is zero: it may come from a newer program.",
    ];
  }
  if (wanted === "private_slot") {
    return [
      "empty-range",
      "The range is empty or reversed, so the loop has no turn and no slot is looked at. Success, with nothing done.",
    ];
  }
  return ["succeeds", `The call succeeds; it was to fail at ${wanted}.`];
}

function check(answer: unknown): Problem | undefined {
  const requests = (typeof answer === "object" && answer !== null ? answer : {}) as Record<string, unknown>;
  if (!WANTED.every((name) => requests[name] instanceof Uint8Array)) {
    return {
      id: "no-requests",
      message: `The answer is an object with four requests as bytes: ${WANTED.join(", ")}.`,
    };
  }
  const given = WANTED.map((name) => [name, requests[name] as Uint8Array] as const);
  const outcomes = given.map(([name, bytes]) => ({ name, bytes, ...play(bytes) }));
  if (outcomes.every(({ result }) => result === 0)) return untouched("All four requests still succeed.");
  for (const { name, bytes, result, condition } of outcomes) {
    if (condition === name) continue;
    const facts = {
      call: `ioctl(iommufd, IOMMU_VDEVICE_TSM_MAP, requests.${name})`,
      expected: `condition ${name}`,
    };
    if (result === 0) {
      const [id, message] = whyNot(name, bytes);
      return { id, message, ...facts, came: "0" };
    }
    return {
      id: condition === undefined ? "other" : `${name}-is-${condition}`,
      message: `Another condition was reached, which the kernel tests ${order(name, condition)}. Only the first that holds answers.`,
      ...facts,
      came: `${errnoName(result)}, condition ${condition ?? "not known"}`,
    };
  }
  return undefined;
}

/** The order of the conditions that this exercise can meet, as the kernel tests them. */
const ORDER = ["min_size", "tail_zero", "struct_read", "flags", "vdevice_id", "private_slot"];

function order(wanted: Wanted, reached: string | undefined): string {
  return ORDER.indexOf(reached ?? "") < ORDER.indexOf(wanted) ? "earlier" : "later";
}

const OK = "const ok = { vdevice_id: 5, start_gpa: 0x8000_0000, end_gpa: 0x8000_1000 };";
const PLAIN = "iommu_vdevice_tsm_map(ok)";
const SHORT = "iommu_vdevice_tsm_map({ ...ok, size: 27 })";
const LONG = "Uint8Array.of(...iommu_vdevice_tsm_map({ ...ok, size: 40 }), 0, 0, 0, 0, 0, 0, 0, 1)";
const UNREAD = "iommu_vdevice_tsm_map({ ...ok, size: 4096 })";
const NO_SLOT = "iommu_vdevice_tsm_map({ ...ok, end_gpa: 0x8000_5000 })";

function code(min_size: string, tail_zero: string, struct_read: string, private_slot: string): string {
  return [
    OK,
    "const requests = {",
    `  min_size: ${min_size},`,
    `  tail_zero: ${tail_zero},`,
    `  struct_read: ${struct_read},`,
    `  private_slot: ${private_slot},`,
    "};",
    `check("${ID}", requests);`,
  ].join("\n");
}

/** The same errno for several reasons, reached on purpose. */
export const fourReasons: Exercise = {
  id: ID,
  title: "Four reasons",
  task: `Write four requests, each of which fails at the condition that it is named after. The realm has ${PAGES} pages of private memory from 0x8000_0000 on, and the vdevice has the id 5.`,
  starter: code(PLAIN, PLAIN, PLAIN, PLAIN),
  check,
  hints: [
    "The catalogue above has the conditions in their order. Three of the four are about the size word and the bytes that are there; host.explain tells which one you have reached.",
    "The kernel takes 28 bytes or more. It reads as many as the size word says, if they are there, and wants everything behind byte 32 to be zero.",
    "min_size: iommu_vdevice_tsm_map({ ...ok, size: ... })\ntail_zero: Uint8Array.of(...iommu_vdevice_tsm_map({ ...ok, size: 40 }), <8 bytes>)\nprivate_slot: an end behind the memory",
  ],
  wrongAnswers: [
    {
      problem: "padding-is-optional",
      code: code("iommu_vdevice_tsm_map({ ...ok, size: 28 })", LONG, UNREAD, NO_SLOT),
    },
    {
      problem: "zero-tail",
      code: code(
        SHORT,
        "Uint8Array.of(...iommu_vdevice_tsm_map({ ...ok, size: 40 }), 0, 0, 0, 0, 0, 0, 0, 0)",
        UNREAD,
        NO_SLOT,
      ),
    },
    {
      problem: "size-says-less",
      code: code(SHORT, "Uint8Array.of(...iommu_vdevice_tsm_map(ok), 1, 1, 1, 1)", UNREAD, NO_SLOT),
    },
    {
      problem: "empty-range",
      code: code(SHORT, LONG, UNREAD, "iommu_vdevice_tsm_map({ ...ok, end_gpa: 0x8000_0000 })"),
    },
    {
      problem: "private_slot-is-vdevice_id",
      code: code(
        SHORT,
        LONG,
        UNREAD,
        "iommu_vdevice_tsm_map({ start_gpa: 0x9000_0000, end_gpa: 0x9000_1000 })",
      ),
    },
  ],
  solution: {
    code: code(SHORT, LONG, UNREAD, NO_SLOT),
    reasons:
      "min_size and private_slot are both -EINVAL, and a caller who sees the errno alone cannot tell a structure that is too short from an address without memory. They also differ in what stays: nothing for min_size, and for private_slot every page before the first bad one, here four of five pages. The catalogue knows, because it goes through the kernel's conditions in their order.",
  },
};
