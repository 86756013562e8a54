// SPDX-License-Identifier: MIT
import { errnoName } from "../../base/errno.ts";
import { plural } from "../../base/plural.ts";
import type { TraceEvent } from "../../base/trace.ts";
import { ARM_CCA_DA_OBJECT_READ, IOMMU_VDEVICE_TSM_GUEST_REQUEST } from "../../kernel/iommufd/uapi.ts";
import { deviceHardware } from "../../user/driver.ts";
import type { GuestProgram } from "../../user/guest.ts";
import type { Vmm } from "../../user/vmm.ts";
import { type AssignedDevice, assignDevice, bindDevice, connectTsm } from "../../user/vmm-device.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { realmBesideDevices } from "./device-labs.ts";

const ID = "09-certificate";

// biome-ignore lint/correctness/useYield: this guest does nothing.
function* idleGuest(): GuestProgram {
  return undefined;
}

/** What came of asking for the certificate of one device. */
interface Attempt {
  readonly came: unknown;
  readonly threw: string | undefined;
  readonly expected: Uint8Array;
  /** Results of the guest requests that were made. */
  readonly results: readonly number[];
}

type Fetch = (vmm: Vmm, device: AssignedDevice) => unknown;

function attempt(fetch: Fetch, node: number): Attempt {
  const { vmm } = realmBesideDevices(idleGuest(), 2);
  const { host } = vmm;
  connectTsm(vmm, `0000:0${node + 1}:00.0`);
  const device = assignDevice(vmm, node);
  bindDevice(vmm, device);
  const outcome: { came?: unknown; threw?: string } = {};
  const events = host.trace.record(() => {
    try {
      outcome.came = fetch(vmm, device);
    } catch (error) {
      outcome.threw = error instanceof Error ? error.message : String(error);
    }
  });
  return {
    came: outcome.came,
    threw: outcome.threw,
    expected: deviceHardware(host, node).publicKey,
    results: events.filter(isGuestRequest).map(({ result }) => result ?? 0),
  };
}

function isGuestRequest({ kind, name, detail }: TraceEvent): boolean {
  return kind === "syscall" && name === "ioctl" && detail["command"] === IOMMU_VDEVICE_TSM_GUEST_REQUEST;
}

function check(answer: unknown): Problem | undefined {
  if (typeof answer !== "function") {
    return {
      id: "no-function",
      message: "The answer is the function certificate(vmm, device), which returns a Uint8Array.",
      came: typeof answer,
    };
  }
  const fetch = answer as Fetch;
  for (const node of [0, 1]) {
    const problem = judge(attempt(fetch, node), node);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function judge({ came, threw, expected, results }: Attempt, node: number): Problem | undefined {
  if (threw !== undefined) {
    return { id: "threw", message: "The function ended in an exception.", came: threw };
  }
  if (results.length === 0) {
    if (came instanceof Uint8Array && came.length === 0)
      return untouched("The function asks for nothing yet.");
    return {
      id: "another-way",
      message: "No guest request was made. A VMM has no other way to the certificate.",
      expected: "IOMMU_VDEVICE_TSM_GUEST_REQUEST",
      came: "no such ioctl",
    };
  }
  const refused = results.find((result) => result !== 0);
  if (refused !== undefined) {
    return {
      id: "refused",
      message:
        "A request was refused. The driver's own answer does not come through: the TSM core makes -EIO of whatever it was. Look at req_len, which must fit the type, and at the room for the response.",
      call: `guest request ${results.indexOf(refused) + 1} of ${results.length}`,
      came: errnoName(refused),
    };
  }
  const about = { call: `certificate(vmm, device) for device ${node}`, expected: told(expected) };
  if (!(came instanceof Uint8Array)) {
    return { id: "no-bytes", message: "The function returns a Uint8Array.", ...about, came: typeof came };
  }
  if (told(came) === told(expected)) return undefined;
  const longer = came.length > expected.length;
  if (longer && told(came.subarray(0, expected.length)) === told(expected)) {
    return {
      id: "too-long",
      message: "The certificate is in there, and bytes after it that do not belong to it.",
      ...about,
      came: plural(came.length, "byte"),
    };
  }
  if (came.length === 4) {
    return {
      id: "only-size",
      message: "These four bytes are the size of the object. The object itself takes the other request.",
      ...about,
      came: told(came),
    };
  }
  return { id: "other-bytes", message: "These are other bytes.", ...about, came: told(came) };
}

function told(bytes: Uint8Array): string {
  const first = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const sum = bytes.reduce((total, byte) => (total * 31 + byte) % 0x1_0000, 0);
  return `${plural(bytes.length, "byte")}, ${first} ..., checksum ${sum.toString(16)}`;
}

function code(...body: string[]): string {
  return [
    "function certificate(vmm: Vmm, device: AssignedDevice): Uint8Array {",
    "  const { sys, user } = vmm.host;",
    ...body.map((line) => `  ${line}`),
    "}",
    `check("${ID}", certificate);`,
  ].join("\n");
}

const REQUEST = "const request = new Uint8Array(16);";
const TYPE = "request[0] = 1;";
const ROOM = "const resp_uptr = user.allocate(4096);";
const BYTES = [
  "const bytes = iommu_vdevice_tsm_guest_request({",
  "  vdevice_id: device.vdevice_id, type: ARM_CCA_DA_OBJECT_READ,",
  "  req_uptr: user.place(request), req_len: 16, resp_uptr, resp_len: 4096,",
  "});",
  "sys.ioctl(device.iommufd, IOMMU_VDEVICE_TSM_GUEST_REQUEST, bytes);",
];
const LENGTH = "const { resp_len } = iommu_vdevice_tsm_guest_request.decode(bytes);";
const DONE = "return user.read(resp_uptr, resp_len);";

/** A request made byte by byte. */
export const fetchCertificate: Exercise = {
  id: ID,
  title: "Fetch the certificate",
  task: "You are the VMM, and your guest wants to see the device's certificate (object type 1). Return its bytes, all of them and nothing after them. The check asks for two devices.",
  starter: code("return new Uint8Array(0);"),
  check,
  hints: [
    "Take the cell that asked for the size, and change what differs: the type, the request, the room.",
    `ARM_CCA_DA_OBJECT_READ is request type ${ARM_CCA_DA_OBJECT_READ}. Its request has 16 bytes: the object's type as 32 bits at offset 0, four bytes of padding, and the offset to begin at, 64 bits. resp_len is the room on the way in and the length of the answer on the way out.`,
    "const request = new Uint8Array(16);\nrequest[0] = 1;\nconst bytes = iommu_vdevice_tsm_guest_request({ ... req_len: 16, ... resp_len: 4096 });\nsys.ioctl(...);\nreturn user.read(resp_uptr, <resp_len that came back>);",
  ],
  wrongAnswers: [
    { problem: "too-long", code: code(REQUEST, TYPE, ROOM, ...BYTES, "return user.read(resp_uptr, 4096);") },
    {
      problem: "refused",
      code: code(
        REQUEST,
        TYPE,
        ROOM,
        ...BYTES.map((line) => line.replace("req_len: 16", "req_len: 4")),
        LENGTH,
        DONE,
      ),
    },
    {
      problem: "only-size",
      code: code(
        "const request = Uint8Array.of(1, 0, 0, 0);",
        ROOM,
        ...BYTES.map((line) =>
          line.replace("OBJECT_READ", "OBJECT_SIZE").replace("req_len: 16", "req_len: 4"),
        ),
        LENGTH,
        DONE,
      ),
    },
    {
      problem: "other-bytes",
      code: code(REQUEST, TYPE, ROOM, ...BYTES, "return user.read(resp_uptr, 64);"),
    },
    { problem: "another-way", code: code("return deviceHardware(vmm.host).publicKey;") },
  ],
  solution: {
    code: code(REQUEST, TYPE, ROOM, ...BYTES, LENGTH, DONE),
    reasons:
      "The room goes in as resp_len and the length comes back in the same field. The VMM only carries: what it hands to its guest could be anything. That is why the certificate is checked against what the firmware measured, and not because it came this way.",
  },
};
