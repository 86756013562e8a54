// SPDX-License-Identifier: MIT
import { hex, type Pfn } from "../../base/address.ts";
import { seeded } from "../../base/random.ts";
import {
  ASSIGNED_NS_HIGH,
  assignedBits,
  assignedNsBits,
  HOST_ATTRIBUTES,
  RIPAS,
  ripasName,
  TABLE_BITS,
  UNASSIGNED_NS_HIGH,
  UNASSIGNED_NS_LOW,
  unassignedLow,
} from "../../rmm/rtt-entry.ts";
import { writeAddress } from "../../rmm/rtt-walk.ts";
import { showRttEntry } from "../../view/rtt-entry.ts";
import { type Exercise, type Problem, untouched } from "../exercise.ts";

const ID = "05-decode";

/** What an entry of a realm translation table says. */
export interface EntryFacts {
  /** "UNASSIGNED", "ASSIGNED", "TABLE", "UNASSIGNED_NS" or "ASSIGNED_NS". */
  readonly hipas: string;
  /** "EMPTY", "RAM" or "DESTROYED"; empty where there is none: tables and the shared half. */
  readonly ripas: string;
  /** The address that the entry holds, 0n for none. */
  readonly pa: bigint;
}

type Decode = (entry: bigint, level: number) => EntryFacts;

interface Case {
  readonly entry: bigint;
  readonly level: number;
  readonly expected: EntryFacts;
}

const PRIVATE_RIPAS = [RIPAS.EMPTY, RIPAS.RAM, RIPAS.DESTROYED] as const;
/** Pages in a block of level 2. */
const BLOCK_PAGES = 512;

/** An entry with an address, as the RMM writes it. */
function entryOf(pfn: Pfn, bits: number, highBits = 0): bigint {
  const words = new Uint32Array(2);
  writeAddress(words, 0, pfn, bits, highBits);
  return (BigInt(words[1] as number) << 32n) | BigInt(words[0] as number);
}

/** Entries of every kind at both levels, with addresses at random. */
function cases(): Case[] {
  const random = seeded(55);
  const all: Case[] = [];
  for (let round = 0; round < 4; round++) {
    for (const level of [3, 2]) {
      const unit = level === 3 ? 1 : BLOCK_PAGES;
      const pfn = ((1 + random.below(2 ** 22)) * unit) as Pfn;
      const pa = BigInt(pfn) << 12n;
      for (const value of PRIVATE_RIPAS) {
        const ripas = ripasName(value);
        all.push({
          entry: entryOf(pfn, assignedBits(value, level)),
          level,
          expected: { hipas: "ASSIGNED", ripas, pa },
        });
        const entry = BigInt(unassignedLow(value));
        all.push({ entry, level, expected: { hipas: "UNASSIGNED", ripas, pa: 0n } });
      }
      if (level === 2) {
        const table = (1 + random.below(2 ** 22)) as Pfn;
        const expected = { hipas: "TABLE", ripas: "", pa: BigInt(table) << 12n };
        all.push({ entry: entryOf(table, TABLE_BITS), level, expected });
      }
      const shared = entryOf(pfn, assignedNsBits(HOST_ATTRIBUTES & ~0xc, level), ASSIGNED_NS_HIGH);
      all.push({ entry: shared, level, expected: { hipas: "ASSIGNED_NS", ripas: "", pa } });
      const free = (BigInt(UNASSIGNED_NS_HIGH >>> 0) << 32n) | BigInt(UNASSIGNED_NS_LOW);
      all.push({ entry: free, level, expected: { hipas: "UNASSIGNED_NS", ripas: "", pa: 0n } });
    }
  }
  return all;
}

function words(facts: unknown): string {
  const { hipas, ripas, pa } = (
    typeof facts === "object" && facts !== null ? facts : {}
  ) as Partial<EntryFacts>;
  if (hipas === undefined) return String(facts);
  const address = typeof pa === "bigint" ? hex(pa) : String(pa);
  return `${hipas}, RIPAS ${ripas === "" ? "none" : ripas}, address ${address}`;
}

function misconception({ expected, level }: Case, came: unknown): [id: string, message: string] {
  const given = (typeof came === "object" && came !== null ? came : {}) as Partial<EntryFacts>;
  if (given.hipas === undefined) return ["no-facts", "The function is to return { hipas, ripas, pa }."];
  if (given.hipas === "TABLE" && level === 3) {
    return [
      "table-at-3",
      "Bits 1:0 = 3 are a table at levels 0 to 2, and a page at level 3, where no table can follow.",
    ];
  }
  if (expected.hipas.endsWith("_NS") && !given.hipas.endsWith("_NS")) {
    return [
      "ns-forgotten",
      "Bit 55 says NS: the entry belongs to the shared half, valid or not, and has no RIPAS.",
    ];
  }
  if (expected.hipas === "ASSIGNED" && given.hipas === "UNASSIGNED") {
    return [
      "page-lost",
      "The hardware cannot use this entry, but the RMM still keeps a page in it: bits 5:3 say ASSIGNED.",
    ];
  }
  if (given.hipas !== expected.hipas)
    return ["hipas", "The state that the host gave the address is another one."];
  if (given.ripas !== expected.ripas) {
    return [
      "ripas",
      "RIPAS has two bits, 2:1, and three values here. A valid entry of the private half is RAM.",
    ];
  }
  return ["pa", "The address is bits 47:12, in place. What is above and below are other fields."];
}

function check(answer: unknown): Problem | undefined {
  if (typeof answer !== "function") {
    return {
      id: "no-function",
      message: "The answer is a function: decode(entry, level).",
      came: typeof answer,
    };
  }
  const results = cases().map((one) => ({ one, came: run(answer as Decode, one) }));
  if (results.every(({ came }) => words(came) === "UNASSIGNED, RIPAS EMPTY, address 0x0")) {
    return untouched("So far every entry is UNASSIGNED and EMPTY.");
  }
  const wrong = results.find(({ one, came }) => words(came) !== words(one.expected));
  if (wrong === undefined) return undefined;
  const { one, came } = wrong;
  const [id, message] = misconception(one, came);
  return {
    id,
    message,
    call: `decode(${hex(one.entry)}n, ${one.level})`,
    expected: words(one.expected),
    came: words(came),
    picture: showRttEntry(one.entry, one.level),
  };
}

function run(decode: Decode, { entry, level }: Case): unknown {
  try {
    return decode(entry, level);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function code(...body: string[]): string {
  return [
    "function decode(entry: bigint, level: number): EntryFacts {",
    ...body.map((line) => `  ${line}`),
    "}",
    `check("${ID}", decode);`,
  ].join("\n");
}

const LINES = {
  pa: "const pa = entry & 0xffff_ffff_f000n;",
  shared: "const shared = ((entry >> 55n) & 1n) === 1n;",
  table: 'if ((entry & 3n) === 3n && level < 3) return { hipas: "TABLE", ripas: "", pa };',
  valid:
    'if ((entry & 1n) === 1n) return shared ? { hipas: "ASSIGNED_NS", ripas: "", pa } : { hipas: "ASSIGNED", ripas: "RAM", pa };',
  free: 'if (shared) return { hipas: "UNASSIGNED_NS", ripas: "", pa: 0n };',
  ripas: 'const ripas = ["EMPTY", "RAM", "DESTROYED"][Number((entry >> 1n) & 3n)] ?? "";',
  rest: 'return { hipas: ((entry >> 3n) & 7n) === 1n ? "ASSIGNED" : "UNASSIGNED", ripas, pa };',
};

function but(changes: Partial<typeof LINES>): string {
  return code(...Object.values({ ...LINES, ...changes }));
}

/** An entry out of its bytes. */
export const decodeEntry: Exercise = {
  id: ID,
  title: "Read an entry",
  task: "Write decode(entry, level): what the 64 bits of an entry say, for private and shared addresses, at levels 2 and 3.",
  starter: code('return { hipas: "UNASSIGNED", ripas: "EMPTY", pa: 0n };'),
  check,
  hints: [
    "showRttEntry(entry, level) names the fields of any entry. First ask whether bit 0 is set: after that there are two layouts.",
    "Valid: bits 1:0 = 3 above level 3 are a table; bit 55 tells host memory from the realm's RAM. Not valid: bit 55, then HIPAS in 5:3 and RIPAS in 2:1.",
    'const pa = entry & 0xffff_ffff_f000n;\nif ((entry & 3n) === 3n && level < 3) return { hipas: "TABLE", ripas: "", pa };\nif ((entry & 1n) === 1n) ...',
  ],
  wrongAnswers: [
    { problem: "table-at-3", code: but({ table: LINES.table.replace(" && level < 3", "") }) },
    { problem: "ns-forgotten", code: but({ shared: "const shared = false as boolean;" }) },
    {
      problem: "page-lost",
      code: but({ rest: 'return { hipas: "UNASSIGNED", ripas, pa: 0n };' }),
    },
    {
      problem: "ripas",
      code: but({ ripas: 'const ripas = ((entry >> 1n) & 1n) === 1n ? "RAM" : "EMPTY";' }),
    },
    { problem: "pa", code: but({ pa: "const pa = entry & ~0xfffn;" }) },
  ],
  solution: {
    code: but({}),
    reasons:
      "The hardware's format decides first: bit 0, then bits 1:0 with the level. Only in what the hardware ignores can the RMM keep states of its own. Their place is private to the RMM and has changed between versions; a host asks READ_ENTRY.",
  },
};
