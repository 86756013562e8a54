// SPDX-License-Identifier: MIT
import { hex, PAGE_SIZE } from "../../base/address.ts";
import { EFAULT, EINVAL, errnoName } from "../../base/errno.ts";
import { plural } from "../../base/plural.ts";
import { IOMMU_VDEVICE_TSM_MAP } from "../../kernel/iommufd/uapi.ts";
import { iommu_vdevice_tsm_map } from "../../kernel/iommufd/uapi-structs.ts";
import { showBytes } from "../../view/bytes.ts";
import { mappedPages } from "../../view/mapped-pages.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { RAM, realmWithRam } from "./map-labs.ts";

const ID = "08-shortest";
const MIN_SIZE = 28;
const PAGES = 4;

function check(answer: unknown): Problem | undefined {
  if (!(answer instanceof Uint8Array)) {
    return {
      id: "no-bytes",
      message: "The answer is a Uint8Array: the bytes that the ioctl is pointed to.",
      came: typeof answer,
    };
  }
  if (answer.length === 0) return untouched("There are no bytes yet.");
  const { vmm, device } = realmWithRam(PAGES);
  const bytes = answer.slice();
  const result = vmm.host.sys.ioctl(device.iommufd, IOMMU_VDEVICE_TSM_MAP, bytes);
  const mapped = mappedPages(vmm.host, RAM, RAM + PAGES * PAGE_SIZE);
  const facts = {
    call: `ioctl(iommufd, IOMMU_VDEVICE_TSM_MAP, ${plural(answer.length, "byte")})`,
    expected: `0, ${hex(RAM)} mapped, with as few bytes as possible`,
    came: `${errnoName(result)}, ${mapped.length === 0 ? "nothing" : mapped.map(hex).join(", ")} mapped`,
    picture: showBytes(iommu_vdevice_tsm_map, answer, { minSize: MIN_SIZE }),
  };
  if (result !== 0) return { ...refusal(answer, result), ...facts };
  if (mapped.length !== 1 || mapped[0] !== RAM) {
    return {
      id: "wrong-range",
      message: "The request is taken, but its range is not the one page that was asked for.",
      ...facts,
    };
  }
  if (answer.length > MIN_SIZE) {
    return { id: "not-shortest", message: "It works. It works with fewer bytes, too.", ...facts };
  }
  return undefined;
}

function refusal(bytes: Uint8Array, result: number): Pick<Problem, "id" | "message"> {
  if (result === -EFAULT) {
    return {
      id: "claims-more",
      message: "The size word claims more bytes than there are, and the kernel reads as many as it claims.",
    };
  }
  if (result === -EINVAL && bytes.length < MIN_SIZE) {
    return {
      id: "too-short",
      message: "Too short: the last field that the table of commands names must be inside.",
    };
  }
  if (result === -EINVAL) {
    return {
      id: "size-word",
      message: "The bytes are there, but the kernel goes by the size word, and that says too little.",
    };
  }
  return { id: "refused", message: "The request was refused for what is in its fields." };
}

const FIELDS = "vdevice_id: 5, start_gpa: 0x8000_0000, end_gpa: 0x8000_1000";

function code(expression: string): string {
  return `const bytes = ${expression};\ncheck("${ID}", bytes);`;
}

/** The fewest bytes of a request. */
export const shortest: Exercise = {
  id: ID,
  title: "The shortest request",
  task: `On a machine as above, vdevice 5, four pages from ${hex(RAM)}: make the shortest array of bytes for which the ioctl maps exactly the page at ${hex(RAM)}.`,
  starter: code("new Uint8Array(0)"),
  check,
  hints: [
    "Start with iommu_vdevice_tsm_map({ ... }), which is 32 bytes, and look at what lies behind the last field.",
    "The kernel wants the bytes up to and including vdevice_id, and it believes the size word, which has to agree with what you give.",
    "iommu_vdevice_tsm_map({ size: ..., vdevice_id: 5, start_gpa: ..., end_gpa: ... }).slice(0, ...)",
  ],
  wrongAnswers: [
    { problem: "not-shortest", code: code(`iommu_vdevice_tsm_map({ ${FIELDS} })`) },
    { problem: "claims-more", code: code(`iommu_vdevice_tsm_map({ ${FIELDS} }).slice(0, 28)`) },
    { problem: "too-short", code: code(`iommu_vdevice_tsm_map({ size: 24, ${FIELDS} }).slice(0, 24)`) },
    { problem: "size-word", code: code(`iommu_vdevice_tsm_map({ size: 0, ${FIELDS} })`) },
    { problem: "refused", code: code(`iommu_vdevice_tsm_map({ size: 28, vdevice_id: 4 }).slice(0, 28)`) },
    {
      problem: "wrong-range",
      code: code(
        `iommu_vdevice_tsm_map({ size: 28, ${FIELDS.replace("8000_1000", "8000_2000")} }).slice(0, 28)`,
      ),
    },
  ],
  solution: {
    code: code(`iommu_vdevice_tsm_map({ size: 28, ${FIELDS} }).slice(0, 28)`),
    reasons:
      "The least size is the end of the last field in the table's row, vdevice_id: 24 + 4 = 28. The four bytes of padding that the compiler adds to make 32 are never asked for. Bytes that are not given count as zero in the kernel's copy.",
  },
};
