// SPDX-License-Identifier: MIT
import { errnoName } from "../../base/errno.ts";
import { IOMMU_DESTROY } from "../../kernel/iommufd/uapi.ts";
import { iommu_destroy } from "../../kernel/iommufd/uapi-structs.ts";
import { showObjects } from "../../view/objects.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { realmWithRam } from "./map-labs.ts";

const ID = "08-take-apart";
/** Ids that IOMMU_DESTROY can remove: all but the device, on which its open file counts. */
const REMOVABLE = 4;

function check(answer: unknown): Problem | undefined {
  if (!Array.isArray(answer) || !answer.every((id) => Number.isInteger(id))) {
    return {
      id: "no-list",
      message: "The answer is a list of object ids, in the order in which they are to be destroyed.",
      expected: "[5, ...]",
      came: Array.isArray(answer) ? "a list with something else in it" : typeof answer,
    };
  }
  if (answer.length === 0) return untouched("No object is destroyed yet.");
  const { vmm, device } = realmWithRam(4);
  const { host } = vmm;
  for (const id of answer as number[]) {
    const result = host.sys.ioctl(device.iommufd, IOMMU_DESTROY, iommu_destroy({ id }));
    if (result === 0) continue;
    const [problem, message] = whatIsWrong(id, result, device.dev_id, device.vdevice_id);
    return {
      id: problem,
      message,
      call: `IOMMU_DESTROY of ${id}`,
      expected: "0",
      came: errnoName(result),
      picture: showObjects(host),
    };
  }
  if (answer.length === REMOVABLE) return undefined;
  return {
    id: "incomplete",
    message: "Each of these can go in this order, but more can go after them.",
    expected: `${REMOVABLE} objects destroyed`,
    came: `${answer.length}`,
    picture: showObjects(host),
  };
}

function whatIsWrong(id: number, result: number, dev_id: number, vdevice_id: number): [string, string] {
  if (errnoName(result) === "-ENOENT") {
    return ["nothing-there", "There is no object with this id, or not any more."];
  }
  if (id === dev_id) {
    return [
      "device",
      "The device does not go this way at all: its open file counts on it. It goes when the file is closed.",
    ];
  }
  if (id > dev_id && id < vdevice_id) {
    return ["busy", "Another object counts on this one. What nobody counts on has to go first."];
  }
  return ["refused", "This one was refused."];
}

function code(ids: string): string {
  return `const order: number[] = [${ids}];\ncheck("${ID}", order);`;
}

/** Who may go first. */
export const takeApart: Exercise = {
  id: ID,
  title: "Take it apart",
  task: "A machine as above has the objects 1 to 5 in its iommufd. Name the ids in an order in which IOMMU_DESTROY answers 0 for each of them. As many as can go are to go.",
  starter: code(""),
  check,
  hints: [
    "Follow the arrows of the picture: each object counts on those that its arrows lead to. users is 1 where nobody counts on an object.",
    "IOMMU_DESTROY is -EBUSY while users is more than 1. Begin where the arrows begin. The file of the device counts, too.",
    "Four ids: the vdevice, then what it held last, and so on down to the IOAS.",
  ],
  wrongAnswers: [
    { problem: "busy", code: code("2, 3, 4, 5") },
    { problem: "device", code: code("5, 4, 3, 2, 1") },
    { problem: "nothing-there", code: code("5, 4, 3, 2, 6") },
    { problem: "incomplete", code: code("5, 4") },
  ],
  solution: {
    code: code("5, 4, 3, 2"),
    reasons:
      "The vdevice counts on the vIOMMU, the vIOMMU on the domain, the domain on the IOAS. So they go in the order 5, 4, 3, 2. The device stays: besides the table, its own open file counts on it, and only closing that file removes it.",
  },
};
