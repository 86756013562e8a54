// SPDX-License-Identifier: MIT
/**
 * A deliberately naive model of a realm's memory: a flat map from page to what is there. It knows no tables, levels
 * or blocks, and nothing of how the RMM works; it only says what each command means for a page.
 */

export type Ripas = "EMPTY" | "RAM" | "DESTROYED";

/** What is at a page of the protected half, or of the shared half. */
export type PageState =
  | { readonly half: "protected"; ripas: Ripas; pa: number | undefined }
  | { readonly half: "shared"; pa: number | undefined };

const PAGE = 4096;

export class FlatModel {
  readonly #pages = new Map<number, PageState>();
  readonly #shared: number;
  /** What a range is when no page of it was touched: RTT_DESTROY leaves such a range behind. */
  readonly #destroyed: [base: number, top: number][] = [];
  state: "NEW" | "ACTIVE" = "NEW";

  /** @param shared first address of the shared half */
  constructor(shared: number) {
    this.#shared = shared;
  }

  at(ipa: number): PageState {
    const known = this.#pages.get(ipa);
    if (known !== undefined) return known;
    const fresh: PageState =
      ipa >= this.#shared
        ? { half: "shared", pa: undefined }
        : { half: "protected", ripas: this.#wasDestroyed(ipa) ? "DESTROYED" : "EMPTY", pa: undefined };
    this.#pages.set(ipa, fresh);
    return fresh;
  }

  #wasDestroyed(ipa: number): boolean {
    return this.#destroyed.some(([base, top]) => ipa >= base && ipa < top);
  }

  /** A page is put at an address; its RIPAS stays. */
  dataCreateUnknown(ipa: number, pa: number): void {
    this.at(ipa).pa = pa;
  }

  /** A page with content is put at an address, which becomes RAM. */
  dataCreate(ipa: number, pa: number): void {
    const page = this.at(ipa);
    page.pa = pa;
    if (page.half === "protected") page.ripas = "RAM";
  }

  /** The page is taken away: what was not EMPTY is DESTROYED now. Answers the page. */
  dataDestroy(ipa: number): number | undefined {
    const page = this.at(ipa);
    const { pa } = page;
    page.pa = undefined;
    if (page.half === "protected" && page.ripas !== "EMPTY") page.ripas = "DESTROYED";
    return pa;
  }

  /** Every page of a range becomes RAM. */
  initRipas(base: number, top: number): void {
    for (let ipa = base; ipa < top; ipa += PAGE) {
      const page = this.at(ipa);
      if (page.half === "protected") page.ripas = "RAM";
    }
  }

  /** A table goes away with all that its entries said. */
  rttDestroy(base: number, top: number): void {
    for (const [ipa, page] of this.#pages) {
      if (ipa < base || ipa >= top) continue;
      page.pa = undefined;
      if (page.half === "protected") page.ripas = "DESTROYED";
    }
    if (base < this.#shared) this.#destroyed.push([base, top]);
  }

  mapUnprotected(ipa: number, size: number, pa: number): void {
    for (let at = 0; at < size; at += PAGE) this.at(ipa + at).pa = pa + at;
  }

  unmapUnprotected(ipa: number, size: number): void {
    for (let at = 0; at < size; at += PAGE) this.at(ipa + at).pa = undefined;
  }

  /** Pages that hold memory, with the frame of each: for looking for frames that are mapped twice. */
  get assigned(): readonly number[] {
    return [...this.#pages.values()].flatMap((page) =>
      page.half === "protected" && page.pa !== undefined ? [page.pa] : [],
    );
  }
}
