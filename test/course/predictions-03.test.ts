// SPDX-License-Identifier: MIT
import { expect, it } from "vitest";
import {
  ALIAS,
  PRIVATE,
  realmWithGuest,
  runOnce,
  withSignal,
} from "../../lib/src/course/exercises/convert-labs.ts";
import { normalised } from "../../lib/src/course/prediction.ts";
import { conversionPredictions } from "../../lib/src/course/predictions/03.ts";
import {
  assignDevice,
  boot,
  changeRipas,
  type GuestNotebook,
  type GuestProgram,
  KVM_MEMORY_ATTRIBUTE_PRIVATE,
  KVM_SET_MEMORY_ATTRIBUTES,
  kvm_memory_attributes,
  mappedPages,
  PAGE_SIZE,
  RSI_RIPAS,
  readingGuest,
  tsmMap,
  Vmm,
} from "../../lib/src/index.ts";

function* thereAndBack(notes: GuestNotebook): GuestProgram {
  yield { op: "store", ipa: PRIVATE, value: 42n };
  yield* changeRipas(PRIVATE, PRIVATE + PAGE_SIZE, RSI_RIPAS.EMPTY);
  yield { op: "store", ipa: PRIVATE + ALIAS, value: 7n };
  yield* changeRipas(PRIVATE, PRIVATE + PAGE_SIZE, RSI_RIPAS.RAM);
  return yield* readingGuest([PRIVATE], notes);
}

/** What the machine says to the question of each prediction. */
const machine: Record<string, () => number | string | bigint> = {
  "03-no-slot": () => {
    const vmm = new Vmm(boot({ memory: 64 * PAGE_SIZE }));
    const attributes = KVM_MEMORY_ATTRIBUTE_PRIVATE;
    const bytes = kvm_memory_attributes({ address: PRIVATE, size: PAGE_SIZE, attributes });
    return vmm.host.sys.ioctl(vmm.createVm(), KVM_SET_MEMORY_ATTRIBUTES, bytes);
  },
  "03-touch": () => runOnce(realmWithGuest(readingGuest([PRIVATE], { read: [] }), true)).result,
  "03-to-private": () => {
    const vmm = realmWithGuest(readingGuest([PRIVATE + ALIAS], { read: [] }), true);
    runOnce(vmm);
    tsmMap(vmm, assignDevice(vmm), PRIVATE, PRIVATE + PAGE_SIZE);
    const mapped = (): string =>
      [PRIVATE, PRIVATE + ALIAS].map((ipa) => mappedPages(vmm.host, ipa, ipa + PAGE_SIZE).length).join();
    expect(mapped()).toBe("1,1");
    vmm.setPrivate(PRIVATE, PAGE_SIZE);
    return { "1,1": "both", "1,0": "private", "0,1": "shared" }[mapped()] ?? "none";
  },
  "03-content": () => {
    const notes: GuestNotebook = { read: [] };
    const vmm = realmWithGuest(thereAndBack(notes));
    for (const vcpu of vmm.vcpus) vmm.run(vcpu);
    return notes.read[0] ?? "nothing";
  },
  "03-destroyed": () => {
    const notes: GuestNotebook = { read: [] };
    const vmm = realmWithGuest(readingGuest([PRIVATE], notes));
    runOnce(vmm);
    for (const memory of vmm.memory) vmm.punchHole(memory, 0, PAGE_SIZE);
    withSignal(vmm.host, 3, () => runOnce(vmm));
    return notes.read.length > 1 ? "yes" : "no";
  },
};

it.each(conversionPredictions.map((one) => [one.id, one.answer] as const))(
  "the answer that the text gives to %s is what the machine does",
  (id, answer) => {
    expect(normalised(machine[id]?.())).toBe(answer);
  },
);
