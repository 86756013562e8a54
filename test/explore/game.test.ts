// SPDX-License-Identifier: MIT
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { playRace, type RaceGame, ruleById } from "../../lib/src/index.ts";

/** Everything that a game shows but its message. */
function shown(game: RaceGame): unknown {
  const { actors, state, changed, schedule, outcome } = game;
  return { actors, state, changed, schedule, outcome };
}

/** Goes where the hints say. */
function followHints(game: RaceGame): RaceGame {
  for (let next = game.hint().next; next !== undefined; next = game.hint().next) game.step(next);
  return game;
}

describe("a game", () => {
  it.each([
    "map-punch",
    "map-to-shared",
    "map-fault",
    "map-map",
    "map-slot-delete",
    "map-slot-move",
    "map-gmem-close",
    "map-fold",
    "fault-punch",
    "map-punch-fault",
    "map-map-to-shared",
    "map-dma-punch",
  ])("is won by whoever follows the hints: %s", (id) => {
    const game = followHints(playRace(id));

    expect(game.won).toBe(true);
    expect(game.message).toMatch(/^You win: ".+" does not hold\.$/);
    for (const { rule, text } of game.broken) {
      expect(ruleById(rule).id).toBe(rule);
      expect(game.text.replace(/\s+/g, " ")).toContain(`${text} (rule ${rule})`);
    }
  });

  it("is won by a winning schedule, and says which rule is broken", () => {
    const game = playRace("map-punch").step("M5 P8 M");

    expect(game.outcome).toBe("won");
    expect(game.message).toBe('You win: "The page that is mapped is the page in the file" does not hold.');
    expect(game.hint().next).toBeUndefined();
  });

  it("has a kind word when everybody has ended and nothing is broken, and can be taken back", () => {
    const game = playRace("map-punch").step("P7 M6");

    expect(game.outcome).toBe("held");
    expect(game.message).toBe(
      "Everybody has ended and no rule is broken; that order was a safe one. Undo, and try another.",
    );
    expect(game.undo(99).schedule).toBe("");
  });

  it("shows who can go, who waits for whom, and what each does next", () => {
    const { actors } = playRace("map-punch", "rfc-v1+fault-lock", "M6 P2");

    expect(actors).toMatchObject([
      { letter: "M", canGo: true, holds: ["kvm->srcu (read side)", "kvm->mmu_lock (shared)"] },
      { letter: "P", canGo: false, next: "waits for kvm->mmu_lock, which M holds" },
    ]);
  });

  it("knows actors by their letters and by words for them", () => {
    const game = playRace("map-punch-fault").step("vcpu").step("punch hole").step("m").step("P");

    expect(game.schedule).toBe("V P M P");
  });

  it("stays where it is when somebody is named who is not there or cannot go, and says so", () => {
    const game = playRace("map-punch").step("P7");
    const before = shown(game);

    expect(game.step("Z").message).toBe('There is no actor "Z"; there are M, P.');
    expect(game.step("P").message).toBe("P cannot go: it has ended with 0; M can go.");
    expect(shown(game)).toEqual(before);
  });

  it("comes back to exactly the same point by undo", () => {
    const letters = fc.array(fc.constantFrom("M", "P"), { maxLength: 20 });
    fc.assert(
      fc.property(letters, letters, (first, then) => {
        const game = playRace("map-punch");
        for (const letter of first) game.step(letter);
        const before = shown(game);
        const turns = game.turns.length;
        for (const letter of then) game.step(letter);
        if (game.turns.length > turns) game.undo(game.turns.length - turns);
        expect(shown(game)).toEqual(before);
      }),
      { numRuns: 8, seed: 1 },
    );
  });

  it("never throws, whatever is typed in", () => {
    fc.assert(
      fc.property(fc.anything(), (input) => {
        const game = playRace("map-punch", "rfc-v1", "M2 P");
        game.step(input as string);
        game.undo(input as number);
        expect(game.message).toMatch(/[.]$/);
      }),
      { numRuns: 40, seed: 2 },
    );
  });

  it("can be shared: the same race, kernel and schedule give the same game", () => {
    const game = playRace("map-gmem-close").step("M3 C2");
    const { race, kernel, schedule } = JSON.parse(JSON.stringify(game)) as Record<string, string>;

    expect([race, kernel, schedule]).toEqual(["map-gmem-close", "rfc-v1", "M3 C2"]);
    expect(playRace(race ?? "", kernel, schedule).text).toBe(game.text);
  });

  it("says of a shared schedule that is none what is wrong with it", () => {
    const game = playRace("map-punch", "rfc-v1", "<script>");

    expect(game.schedule).toBe("");
    expect(game.message).toBe('There is no actor "<script>"; there are M, P.');
  });

  it("refuses a race that there is not, with those that there are", () => {
    expect(() => playRace("map-nothing")).toThrow(/^there is no race "map-nothing"; there are map-punch, /);
  });
});

describe("a hint", () => {
  it("says that no win is left, when every way of going on was tried", () => {
    const game = playRace("map-punch").step("P7");

    expect(game.hint()).toMatchObject({ winnable: "no" });
    expect(game.message).toMatch(/^No rule can be broken from here\. All \d+ ways of going on .*: undo\.$/);
  });

  it("says that a repaired kernel cannot be beaten", () => {
    const { winnable, next, text } = playRace("map-punch", "rfc-v1+all").hint();

    expect([winnable, next]).toEqual(["no", undefined]);
    expect(text).toMatch(/^No rule can be broken in this race on this kernel\./);
  });

  it("gives one step and no more, and leads back onto the way after a detour", () => {
    const game = playRace("map-punch");
    expect(game.hint().next).toHaveLength(1);

    game.step("P2 M2");
    expect(followHints(game).won).toBe(true);
  });
});

describe("the text of a game", () => {
  it("reads like this", () => {
    expect(playRace("map-punch").step("M5").step("P3").text).toMatchInlineSnapshot(`
      "Map against punch hole, on rfc-v1. Can a page be mapped that a hole has already removed from the
      file?

      > M  TSM_MAP of page 0
            can go; next: rmi RMI_DATA_CREATE_UNKNOWN
            holds kvm->srcu (read side)
      > P  fallocate(PUNCH_HOLE) on the guest_memfd, page 0
            can go; next: rmi RMI_RTT_UNMAP_UNPROTECTED
            holds gmem invalidate_lock, kvm->mmu_lock

      Turn 8: P, in kvm_gmem_invalidate_begin
            takes kvm->mmu_lock
          ~ mmu_invalidate_seq: 1, 0 in progress -> 1, 1 in progress

      So far: M5 P3
      P went; now it stands before: rmi RMI_RTT_UNMAP_UNPROTECTED."
    `);
  });
});
