// SPDX-License-Identifier: MIT
import { EFAULT } from "../../base/errno.ts";
import { readingGuest } from "../../user/guest.ts";
import { showMemslots } from "../../view/memslots.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";
import { ALIAS, PRIVATE, realmWithGuest, runOnce } from "./convert-labs.ts";
import { allocatedPages } from "./gmem-labs.ts";

const ID = "03-four-touches";
const ATTRIBUTES = ["private", "shared"] as const;
const HALVES = ["privateHalf", "sharedHalf"] as const;
const OUTCOMES = ["gmem", "user", "exit"] as const;
type Attribute = (typeof ATTRIBUTES)[number];
type Half = (typeof HALVES)[number];

const WORDS: Readonly<Record<(typeof OUTCOMES)[number], string>> = {
  gmem: "a page of the guest_memfd is mapped",
  user: "a page of the VMM's own memory is mapped",
  exit: "KVM exits to the VMM",
};

function vmmFor(attribute: Attribute, half: Half): ReturnType<typeof realmWithGuest> {
  const address = half === "privateHalf" ? PRIVATE : PRIVATE + ALIAS;
  return realmWithGuest(readingGuest([address], { read: [] }), attribute === "shared");
}

/** What one touch of the guest comes to on a machine. */
function measured(attribute: Attribute, half: Half): (typeof OUTCOMES)[number] {
  const vmm = vmmFor(attribute, half);
  if (runOnce(vmm).result === -EFAULT) return "exit";
  return allocatedPages(vmm).length > 0 ? "gmem" : "user";
}

function misconception(attribute: Attribute, half: Half, given: unknown): [id: string, message: string] {
  if (attribute === "shared" && half === "privateHalf" && given === "gmem") {
    return [
      "can-be-is",
      "The slot can be private, but this page is not. The fault path compares the half with the attribute before it looks at the file.",
    ];
  }
  if (attribute === "private" && half === "sharedHalf" && given === "user") {
    return [
      "alias-is-open",
      "The VMM's memory is there, but the attribute says private. KVM asks the VMM instead of guessing what the guest wants.",
    ];
  }
  if (half === "sharedHalf" && given === "gmem") {
    return [
      "alias-of-gmem",
      "The shared half never shows a page of the guest_memfd: it leads to the VMM's own memory.",
    ];
  }
  if (attribute === "shared" && half === "sharedHalf" && given === "exit") {
    return [
      "asks-always",
      "Half and attribute agree here, so there is nothing to ask: the fault is resolved.",
    ];
  }
  return ["other-outcome", "Compare the half that is touched with the attribute."];
}

function check(answer: unknown): Problem | undefined {
  const given = (typeof answer === "object" && answer !== null ? answer : {}) as Record<string, unknown>;
  const rows = ATTRIBUTES.map((attribute) => given[attribute] as Record<string, unknown> | undefined);
  if (!rows.every((row) => typeof row === "object" && row !== null)) {
    return {
      id: "no-table",
      message: "The answer is an object with private and shared, each with privateHalf and sharedHalf.",
    };
  }
  const cells = rows.flatMap((row) => HALVES.map((half) => row?.[half]));
  if (cells.every((one) => one === "?"))
    return untouched(
      `Put one of ${OUTCOMES.map((one) => `"${one}"`).join(", ")} in place of each question mark.`,
    );
  for (const [index, attribute] of ATTRIBUTES.entries()) {
    for (const half of HALVES) {
      const expected = measured(attribute, half);
      const came = rows[index]?.[half];
      if (came === expected) continue;
      const [id, message] = misconception(attribute, half, came);
      return {
        id,
        message,
        call: `the guest reads the ${half === "privateHalf" ? "private" : "shared"} half, the attribute says ${attribute}`,
        expected: `"${expected}": ${WORDS[expected]}`,
        came: `"${String(came)}"`,
        picture: showMemslots(vmmFor(attribute, half).host),
      };
    }
  }
  return undefined;
}

function code(a: string, b: string, c: string, d: string): string {
  return [
    "const touches = {",
    `  private: { privateHalf: "${a}", sharedHalf: "${b}" }, // the attribute says private`,
    `  shared: { privateHalf: "${c}", sharedHalf: "${d}" }, // the attribute says shared`,
    "};",
    `check("${ID}", touches);`,
  ].join("\n");
}

/** Half and attribute. */
export const fourTouches: Exercise = {
  id: ID,
  title: "Four touches",
  task: 'A guest touches a page of a slot with a guest_memfd, in the private or in the shared half, while the attribute says private or shared. For each of the four: "gmem" when a page of the guest_memfd is mapped, "user" when a page of the VMM\'s own memory is mapped, "exit" when KVM exits to the VMM.',
  starter: code("?", "?", "?", "?"),
  check,
  hints: [
    "Two of the four were played above: the attribute said shared, and the guest touched one half, then the other.",
    "The fault path compares the half with the attribute first. If they agree, it maps what belongs to that half; if not, it asks the VMM.",
    "Both entries on the diagonal are mappings, the other two are exits.",
  ],
  wrongAnswers: [
    { problem: "can-be-is", code: code("gmem", "exit", "gmem", "user") },
    { problem: "alias-is-open", code: code("gmem", "user", "exit", "user") },
    { problem: "alias-of-gmem", code: code("gmem", "gmem", "exit", "user") },
    { problem: "asks-always", code: code("gmem", "exit", "exit", "exit") },
  ],
  solution: {
    code: code("gmem", "exit", "exit", "user"),
    reasons:
      "The guest says by the address what it wants, the VMM said by the attribute what it expects. KVM maps when the two agree, and exits with KVM_EXIT_MEMORY_FAULT when they do not, in either direction.",
  },
};
