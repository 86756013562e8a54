// SPDX-License-Identifier: MIT
import { hex, type Pfn, pfnToPa } from "../base/address.ts";
import { plural } from "../base/plural.ts";
import type { TraceEvent } from "../base/trace.ts";
import { RMI_SUCCESS, rmiResultName } from "../rmm/status.ts";
import type { Picture } from "./display.ts";
import { type Row, tablePicture } from "./table.ts";

/** Which notebook has more about a stop. */
const NOTEBOOK = {
  memslots: "01 Memslots",
  gmem: "02 guest_memfd",
  granules: "04 Granules",
  rtt: "05 Realm translation tables",
  loop: "07 kvm_map_private_memory",
  ioctl: "08 iommufd and the ioctl's bytes",
} as const;

interface Stop {
  readonly name: string;
  readonly looked: string;
  readonly changed: string;
  readonly notebook: string;
}

function number(event: TraceEvent | undefined, name: string): number {
  return Number(event?.detail[name] ?? 0);
}

/** Events of one page of the loop: from its look at the memory cache to the next page's, or to the end. */
function pageEvents(events: readonly TraceEvent[], page: number): readonly TraceEvent[] {
  const starts = events.flatMap((event, i) => (event.name === "kvm_mmu_topup_memory_cache" ? [i] : []));
  const start = starts[page];
  if (start === undefined) {
    throw new RangeError(
      `there is no page ${page} on this walk; the recorded call looked at ${plural(starts.length, "page")}`,
    );
  }
  return events.slice(start, starts[page + 1]);
}

function stopsBefore(events: readonly TraceEvent[]): Stop[] {
  const find = (name: string): TraceEvent | undefined => events.find((event) => event.name === name);
  const taken = events.find(({ kind, name }) => kind === "get" && name === "iommufd VDEVICE");
  const map = find("kvm_map_private_memory");
  const range = `${hex(number(map, "start_gpa"))} .. ${hex(number(map, "end_gpa"))}`;
  const stops: Stop[] = [];
  if (find("iommufd_vdevice_tsm_map_ioctl") !== undefined) {
    stops.push(
      {
        name: "iommufd_vdevice_tsm_map_ioctl",
        looked: "flags, then the ids",
        changed: "-",
        notebook: NOTEBOOK.ioctl,
      },
      {
        name: "iommufd_get_object",
        looked: `object ${number(taken, "id")} of type VDEVICE`,
        changed: `users ${number(taken, "users") - 1} -> ${number(taken, "users")}`,
        notebook: NOTEBOOK.ioctl,
      },
    );
  }
  const locked = events.some(({ kind, name }) => kind === "lock" && name === "kvm->srcu");
  stops.push({
    name: "kvm_map_private_memory",
    looked: range,
    changed: locked ? "SRCU read section begins" : "-",
    notebook: NOTEBOOK.loop,
  });
  return stops;
}

function stopsOf(events: readonly TraceEvent[]): Stop[] {
  const find = (name: string): TraceEvent | undefined => events.find((event) => event.name === name);
  const topup = find("kvm_mmu_topup_memory_cache");
  const lookup = find("gfn_to_memslot");
  const getPfn = find("kvm_gmem_get_pfn");
  const mapIpa = find("realm_map_ipa");
  const stops: Stop[] = [
    {
      name: "kvm_mmu_topup_memory_cache",
      looked: `${plural(number(topup, "cached"), "page")} in the cache`,
      changed: lookup === undefined ? "ends here" : number(topup, "cached") === 0 ? "filled to 40" : "-",
      notebook: NOTEBOOK.loop,
    },
  ];
  if (lookup === undefined) return stops;
  const slot = getPfn === undefined ? "no private slot: ends here" : `finds slot ${number(getPfn, "slot")}`;
  stops.push({
    name: "gfn_to_memslot",
    looked: `frame ${hex(number(lookup, "gfn"))}`,
    changed: slot,
    notebook: NOTEBOOK.memslots,
  });
  if (getPfn === undefined) return stops;
  const pa = hex(pfnToPa(number(mapIpa, "pfn") as Pfn));
  stops.push({
    name: "kvm_gmem_get_pfn",
    looked: `guest_memfd of slot ${number(getPfn, "slot")}`,
    changed: mapIpa === undefined ? "no page: ends here" : `page ${pa}: one reference more`,
    notebook: NOTEBOOK.gmem,
  });
  if (mapIpa !== undefined) stops.push(...firmwareStops(events, mapIpa));
  return stops;
}

/** The firmware calls of realm_map_ipa: the page goes over, and into the tables. */
function firmwareStops(events: readonly TraceEvent[], mapIpa: TraceEvent): Stop[] {
  const ipa = hex(number(mapIpa, "ipa"));
  const page = number(mapIpa, "pfn") * 4096;
  const stops: Stop[] = [];
  const delegate = events.find(
    ({ name, detail }) => name === "RMI_GRANULE_DELEGATE" && Number(detail["addr"]) === page,
  );
  if (delegate !== undefined) {
    stops.push({
      name: "RMI_GRANULE_DELEGATE",
      looked: `granule ${hex(page)}`,
      changed: outcome(delegate, "NS -> DELEGATED", "; taken for success"),
      notebook: NOTEBOOK.granules,
    });
  }
  const created = events.filter(({ name }) => name === "RMI_DATA_CREATE_UNKNOWN").at(-1);
  if (created !== undefined) {
    const tables = events.filter(
      ({ name, result }) => name === "RMI_RTT_CREATE" && result === RMI_SUCCESS,
    ).length;
    const made = tables === 0 ? "" : `${plural(tables, "table")} made, `;
    stops.push({
      name: "RMI_DATA_CREATE_UNKNOWN",
      looked: `entry of ${ipa}`,
      changed: outcome(created, `${made}ASSIGNED, DELEGATED -> DATA`, ""),
      notebook: NOTEBOOK.rtt,
    });
  }
  return stops;
}

function outcome({ result = 0 }: TraceEvent, success: string, refusal: string): string {
  return result === RMI_SUCCESS ? success : `${rmiResultName(result)}${refusal}`;
}

/**
 * One page on its way through TSM_MAP: every function that it passes, what the function looked at, what it changed,
 * and the notebook that has more about it. A way that ended early ends with the function that ended it.
 *
 * @param events one recorded `IOMMU_VDEVICE_TSM_MAP`, or one call of `kvm_map_private_memory`
 * @param page which page of the range, from 0
 */
export function showWalk(events: readonly TraceEvent[], page = 0): Picture {
  const inPage = pageEvents(events, page);
  const stops = [...stopsBefore(events), ...stopsOf(inPage)];
  const gfn = number(
    inPage.find(({ name }) => name === "gfn_to_memslot"),
    "gfn",
  );
  return tablePicture({
    title: `The way of one page: guest address ${hex(gfn * 4096)}`,
    head: ["stop", "function", "looked at", "changed", "notebook"],
    rows: stops.map(
      ({ name, looked, changed, notebook }, i): Row => [
        String(i + 1),
        { text: name, bold: true },
        looked,
        changed,
        notebook,
      ],
    ),
  });
}
