// SPDX-License-Identifier: MIT
import type { Term } from "./term.ts";

/** Realms, and the firmware that manages them. */
export const firmwareTerms: readonly Term[] = [
  {
    term: "CCA",
    expansion: "Confidential Compute Architecture",
    aliases: ["Arm CCA"],
    meaning:
      "Arm's design for virtual machines whose memory the host cannot read: hardware, firmware and their interfaces together. A guest in it is called a realm.",
    origin: "Documentation/arch/arm64/arm-cca.rst",
    see: ["RME", "RMM", "realm"],
  },
  {
    term: "realm",
    aliases: ["realms", "Realm"],
    meaning:
      "A virtual machine whose private memory and registers are out of the host's reach. The host still schedules it and supplies its memory, and can refuse it service.",
    origin: "RMM specification, realms",
    see: ["RD", "REC", "CCA"],
  },
  {
    term: "RMM",
    expansion: "Realm Management Monitor",
    aliases: ["Realm Management Monitor", "firmware"],
    meaning:
      "The firmware that keeps the records and the translation tables of all realms. It does what the host asks only if that keeps its promises to the realm.",
    origin: "RMM specification",
    see: ["RMI", "RSI", "TF-RMM"],
  },
  {
    term: "TF-RMM",
    expansion: "Trusted Firmware RMM",
    meaning:
      "The open implementation of the RMM. The firmware of this model gives the answers that were recorded from it.",
    origin: "TF-RMM source, runtime/rmi",
    see: ["RMM", "TF-A"],
  },
  {
    term: "TF-A",
    expansion: "Trusted Firmware-A",
    meaning:
      "The open implementation of the monitor at EL3. It changes the granule protection table when the RMM asks for it.",
    origin: "TF-A source, services/std_svc/rmmd",
    see: ["EL3", "GPT"],
  },
  {
    term: "RMI",
    expansion: "Realm Management Interface",
    aliases: ["Realm Management Interface"],
    meaning:
      "The commands with which the host calls the RMM. Each returns a status, and for translation tables an index with it.",
    origin: "arch/arm64/include/asm/rmi_smc.h",
    see: ["RSI", "SMC", "RMI_ERROR_RTT"],
  },
  {
    term: "RSI",
    expansion: "Realm Services Interface",
    aliases: ["Realm Services Interface"],
    meaning:
      "The commands with which a realm calls the RMM. With them the guest changes the RIPAS of its memory and accepts a device.",
    origin: "arch/arm64/include/asm/rsi_smc.h",
    see: ["RMI", "RIPAS", "RDEV"],
  },
  {
    term: "RD",
    expansion: "realm descriptor",
    aliases: ["realm descriptor"],
    meaning:
      "The granule in which the RMM keeps what it knows of one realm. Its address is the realm's name in every command.",
    origin: "RMM specification, RmmRealm",
    see: ["realm", "granule state"],
  },
  {
    term: "REC",
    expansion: "realm execution context",
    aliases: ["realm execution context", "RECs"],
    meaning:
      "A virtual CPU of a realm: the granule in which the RMM keeps its registers while it does not run. KVM enters it instead of the vCPU's own state.",
    origin: "RMM specification, RmmRec",
    see: ["vCPU", "RMI_REC_ENTER"],
  },
  {
    term: "RTT",
    expansion: "realm translation table",
    aliases: ["realm translation table", "realm translation tables", "translation tables", "RTTs"],
    meaning:
      "A table of a realm's stage 2, one granule with 512 entries that only the RMM writes. The host gives the granules and says which entry to make, and the RMM checks it.",
    origin: "RMM specification, realm translation tables",
    see: ["stage 2", "HIPAS", "RIPAS", "root table"],
  },
  {
    term: "root table",
    aliases: ["root tables", "starting level", "concatenated"],
    meaning:
      "The table at which a walk of stage 2 begins; a few can lie side by side and count as one. They are made with the realm, and no command destroys them before it.",
    origin: "RMM specification, RMI_REALM_CREATE",
    see: ["RTT", "IPA"],
  },
  {
    term: "HIPAS",
    expansion: "host IPA state",
    aliases: ["host IPA state"],
    meaning:
      "The half of an entry that the host decides: whether a page is assigned at an address, or a device's memory. It is one of UNASSIGNED, ASSIGNED and their kin, and says nothing of what the realm expects.",
    origin: "RMM specification, RmmHipas",
    see: ["RIPAS", "ASSIGNED", "UNASSIGNED"],
  },
  {
    term: "RIPAS",
    expansion: "realm IPA state",
    aliases: ["realm IPA state"],
    meaning:
      "The half of an entry that the realm decides: whether it expects memory at an address. EMPTY, RAM, DESTROYED and, for devices, DEV are its values.",
    origin: "RMM specification, RmmRipas",
    see: ["HIPAS", "RAM", "EMPTY", "DESTROYED"],
  },
  {
    term: "ASSIGNED",
    meaning:
      "The HIPAS of an address behind which a page was put. Whether the realm can use that page depends on the RIPAS.",
    origin: "RMM specification, RmmHipas",
    see: ["HIPAS", "UNASSIGNED"],
  },
  {
    term: "UNASSIGNED",
    meaning:
      "The HIPAS of an address behind which no page stands. A CPU of the realm that touches it leaves to the host, and a device faults.",
    origin: "RMM specification, RmmHipas",
    see: ["HIPAS", "ASSIGNED"],
  },
  {
    term: "EMPTY",
    meaning:
      "The RIPAS of an address at which the realm expects no memory. An access of the guest is answered with a fault that it handles itself.",
    origin: "RMM specification, RmmRipas",
    see: ["RIPAS", "RAM"],
  },
  {
    term: "DESTROYED",
    meaning:
      "The RIPAS of an address whose page the host took away while the realm used it. The realm cannot go on there before it agrees to lose the contents.",
    origin: "RMM specification, RmmRipas",
    see: ["RIPAS", "RMI_DATA_DESTROY"],
  },
  {
    term: "TABLE",
    meaning:
      "The state of an entry that leads to a table of the next level. It is neither a page nor a block.",
    origin: "RMM specification, RTT entry states",
    see: ["RTT", "block"],
  },
  {
    term: "granule state",
    aliases: ["granule states", "DELEGATED", "UNDELEGATED", "DATA"],
    meaning:
      "What the RMM knows a granule as: UNDELEGATED, DELEGATED, RD, REC, RTT, DATA and a few for devices. Every command names the state that it needs and the one that it leaves.",
    origin: "RMM specification, RmmGranuleState",
    see: ["granule", "delegate"],
  },
  {
    term: "delegate",
    aliases: ["delegated", "DELEGATE", "delegation", "RMI_GRANULE_DELEGATE"],
    meaning:
      "To hand a granule from the Non-secure to the Realm space, with RMI_GRANULE_DELEGATE. From then on the host's accesses fault, whatever the granule is used for.",
    origin: "RMI_GRANULE_DELEGATE",
    see: ["undelegate", "GPT"],
  },
  {
    term: "undelegate",
    aliases: ["UNDELEGATE", "RMI_GRANULE_UNDELEGATE"],
    meaning:
      "To take a granule back to the Non-secure space, which succeeds only when no realm uses it. The RMM wipes what a realm left in it before.",
    origin: "RMI_GRANULE_UNDELEGATE",
    see: ["delegate", "scrub"],
  },
  {
    term: "scrub",
    aliases: ["scrubbing", "scrubbed", "wiped"],
    meaning:
      "To overwrite a granule so that nothing of its old contents can be read. With it the RMM keeps the data of a realm from the host, and from the next realm.",
    origin: "RMM specification, granule wiping",
    see: ["undelegate"],
  },
  {
    term: "DATA_CREATE_UNKNOWN",
    aliases: ["RMI_DATA_CREATE_UNKNOWN"],
    meaning:
      "The command that puts a delegated granule behind a protected address, with contents that nobody vouches for. TSM_MAP makes it once for each page.",
    origin: "RMI_DATA_CREATE_UNKNOWN",
    see: ["DATA_CREATE", "RMI_DATA_DESTROY"],
  },
  {
    term: "DATA_CREATE",
    aliases: ["RMI_DATA_CREATE"],
    meaning:
      "The command that puts a granule behind an address and copies contents into it, which may be measured. It is for the first image of a realm, before the realm is active.",
    origin: "RMI_DATA_CREATE",
    see: ["DATA_CREATE_UNKNOWN", "measurement"],
  },
  {
    term: "RMI_DATA_DESTROY",
    aliases: ["DATA_DESTROY"],
    meaning:
      "The command that takes the page behind an address away and leaves the granule DELEGATED. If the realm was using it, the RIPAS becomes DESTROYED.",
    origin: "RMI_DATA_DESTROY",
    see: ["DESTROYED", "undelegate"],
  },
  {
    term: "RMI_ERROR_RTT",
    aliases: ["ERROR_RTT"],
    meaning:
      "The status of a command whose walk of the tables ended elsewhere than it needs. The index beside it is the level at which the walk ended, so the host knows which table is missing.",
    origin: "RMM specification, RmiStatusCode",
    see: ["RTT", "index"],
  },
  {
    term: "RMI_ERROR_INPUT",
    aliases: ["ERROR_INPUT"],
    meaning:
      "The status of a command whose arguments, or the state of a granule among them, do not fit. It is the same for a bad address and for a page that somebody else has delegated.",
    origin: "RMM specification, RmiStatusCode",
    see: ["RMI", "granule state"],
  },
  {
    term: "index",
    meaning:
      "The second byte of a command's result. With RMI_ERROR_RTT it is a level of the tables, and for other statuses a number that the command explains.",
    origin: "RMM specification, RmiCommandReturnCode",
    see: ["RMI_ERROR_RTT"],
  },
  {
    term: "fold",
    aliases: ["folds", "FOLD", "unfolds", "unfold", "RMI_RTT_FOLD"],
    meaning:
      "To replace a table whose entries are all alike by one entry a level above, which frees the table. Unfolding is the way back, and is done by creating a table below a block.",
    origin: "RMI_RTT_FOLD",
    see: ["block", "RTT"],
  },
  {
    term: "top",
    meaning:
      "A result of some commands on tables: the address up to which nothing more is to be done. It lets a caller skip a whole empty range at once.",
    origin: "RMM specification, RMI_RTT_DESTROY",
    see: ["RTT"],
  },
  {
    term: "protected",
    aliases: ["protected half", "private half", "protected address"],
    meaning:
      "The lower half of a realm's address space, whose pages only the realm can reach. The top bit of the address, clear here, tells the two halves apart.",
    origin: "RMM specification, protected IPA",
    see: ["shared alias", "private memory"],
  },
  {
    term: "shared alias",
    aliases: ["unprotected", "unprotected half", "shared half", "alias"],
    meaning:
      "The address in the upper half of a realm's space that stands for the same guest page when it is shared. It is the private address with the top bit set.",
    origin: "arch/arm64/include/asm/kvm_rme.h",
    see: ["protected", "shared memory"],
  },
  {
    term: "measurement",
    aliases: ["measured", "RIM"],
    meaning:
      "A hash over what a realm was built from, which others can check before they trust it. Memory that is mapped as unknown is no part of it.",
    origin: "RMM specification, realm measurement",
    see: ["attestation", "DATA_CREATE"],
  },
  {
    term: "attestation",
    meaning:
      "The proof, signed by the machine, of what a realm or a device is made of. Trust in a confidential VM begins with checking it.",
    origin: "RMM specification, attestation",
    see: ["measurement", "certificate"],
  },
  {
    term: "VMID",
    expansion: "virtual machine identifier",
    meaning:
      "The number with which the hardware tags translations of one VM. KVM keeps a list of its own for realms, and can run out of them.",
    origin: "arch/arm64/kvm/vmid.c",
    see: ["TLB", "realm"],
  },
  {
    term: "RMI_REC_ENTER",
    aliases: ["REC_ENTER"],
    meaning:
      "The command that runs a virtual CPU of a realm until something needs the host. The reason is in a page that host and RMM share.",
    origin: "RMI_REC_ENTER",
    see: ["REC", "KVM_RUN"],
  },
];
