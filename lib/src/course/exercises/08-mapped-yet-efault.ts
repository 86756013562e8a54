// SPDX-License-Identifier: MIT
import { hex, PAGE_SIZE } from "../../base/address.ts";
import { EFAULT, errnoName } from "../../base/errno.ts";
import { IOMMU_VDEVICE_TSM_MAP } from "../../kernel/iommufd/uapi.ts";
import { iommu_vdevice_tsm_map } from "../../kernel/iommufd/uapi-structs.ts";
import type { Vmm } from "../../user/vmm.ts";
import { mappedPages } from "../../view/mapped-pages.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { RAM, realmWithRam } from "./map-labs.ts";

const ID = "08-mapped-yet-efault";

type Place = (vmm: Vmm, request: Uint8Array) => unknown;

function check(answer: unknown): Problem | undefined {
  if (typeof answer !== "function") {
    return {
      id: "no-function",
      message: "The answer is a function: place(vmm, request), which returns an address.",
      came: typeof answer,
    };
  }
  const { vmm, device } = realmWithRam(1);
  const { host } = vmm;
  const isMapped = (): boolean => mappedPages(host, RAM, RAM + PAGE_SIZE).length === 1;
  const { vdevice_id } = device;
  const request = iommu_vdevice_tsm_map({ vdevice_id, start_gpa: RAM, end_gpa: RAM + PAGE_SIZE });
  let address: unknown;
  try {
    address = (answer as Place)(vmm, request);
  } catch (error) {
    return {
      id: "throws",
      message: "The function threw.",
      came: error instanceof Error ? error.message : String(error),
    };
  }
  if (address === 0 || address === undefined) return untouched("The request has no place yet.");
  if (typeof address !== "number" || !Number.isInteger(address) || address < 0) {
    return {
      id: "no-address",
      message:
        "The function returns the address of the request in the VMM's memory; what came is none. mmap answers a negative errno when it fails.",
      came: typeof address === "number" && address < 0 ? errnoName(address) : String(address),
    };
  }
  if (isMapped()) {
    return {
      id: "mapped-before",
      message: "The page was mapped before the call that counts. The one call is to do both.",
    };
  }
  const result = host.sys.ioctl(device.iommufd, IOMMU_VDEVICE_TSM_MAP, address);
  const facts = {
    call: `ioctl(iommufd, IOMMU_VDEVICE_TSM_MAP, ${hex(address)})`,
    expected: "-EFAULT, and the page is mapped",
    came: `${errnoName(result)}, and the page is ${isMapped() ? "" : "not "}mapped`,
  };
  if (host.kernel.faults.fired) {
    return {
      id: "injected",
      message: "That was the injected fault. Find memory that makes the same happen by itself.",
      ...facts,
    };
  }
  if (result === 0) {
    return {
      id: "answered-0",
      message: "The kernel could read the request and could write the answer over it.",
      ...facts,
    };
  }
  if (result !== -EFAULT) {
    return {
      id: "not-the-request",
      message: "What lies at this address is not the request, so the kernel refused it before anything else.",
      ...facts,
    };
  }
  if (!isMapped()) {
    return {
      id: "unreadable",
      message: "The kernel could not even read the request, so nothing was mapped.",
      ...facts,
    };
  }
  return undefined;
}

function code(...body: string[]): string {
  return [
    "function place(vmm: Vmm, request: Uint8Array): number {",
    "  const { sys, user } = vmm.host;",
    ...body.map((line) => `  ${line}`),
    "}",
    `check("${ID}", place);`,
  ].join("\n");
}

const FILE = ['const shm = sys.open("/dev/shm");', "sys.ftruncate(shm, PAGE_SIZE);"];
const FILL = "user.write(sys.mmap(0, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, shm, 0), request);";

/** An error from a call that did what it was asked. */
export const mappedYetEfault: Exercise = {
  id: ID,
  title: "Mapped, and yet -EFAULT",
  task: "Without any injected fault: put the request into the VMM's memory in such a way that the ioctl returns -EFAULT although it has mapped the page. Return the address of the request.",
  starter: code("return 0;"),
  check,
  hints: [
    "The kernel reads the request at the start, and writes it back at the end. Which memory can be read but not written?",
    'sys.mmap takes PROT_READ without PROT_WRITE; but then the VMM cannot fill the memory in. A file from sys.open("/dev/shm") can be mapped twice.',
    'const shm = sys.open("/dev/shm");\nsys.ftruncate(shm, PAGE_SIZE);\nuser.write(<the first mapping, writable>, request);\nreturn <the second mapping, PROT_READ only>;',
  ],
  wrongAnswers: [
    { problem: "answered-0", code: code("return user.place(request);") },
    {
      problem: "unreadable",
      code: code(...FILE, FILL, "return sys.mmap(0, PAGE_SIZE, PROT_NONE, MAP_SHARED, shm, 0);"),
    },
    {
      problem: "not-the-request",
      code: code("return sys.mmap(0, PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);"),
    },
    {
      problem: "injected",
      code: code(
        "const address = user.place(request);",
        'vmm.host.kernel.faults.arm("copy", 3);',
        "return address;",
      ),
    },
    {
      problem: "no-address",
      code: code("return sys.mmap(0, PAGE_SIZE, PROT_READ, MAP_SHARED, -1, 0);"),
    },
  ],
  solution: {
    code: code(...FILE, FILL, "return sys.mmap(0, PAGE_SIZE, PROT_READ, MAP_SHARED, shm, 0);"),
    reasons:
      "The same page of memory stands at two addresses: one that can be written, where the VMM fills the request in, and one that can only be read. The kernel reads it, maps, and fails to copy the structure back. A structure with no output need not be written back at all.",
  },
};
