// SPDX-License-Identifier: MIT
/**
 * tsm-map-sim: KVM, guest_memfd, iommufd and the Arm CCA firmware as far as one kernel patch touches them.
 *
 * Everything that a notebook may use is exported here, floor by floor. The uAPI headers are exported whole, so
 * that every constant and structure has the name it has in the kernel.
 */

// 0 base
export {
  type Gfn,
  gfnToGpa,
  gpaToGfn,
  hex,
  type Ipa,
  PAGE_SHIFT,
  PAGE_SIZE,
  type Pa,
  type Pfn,
  paToPfn,
  pfnToPa,
} from "./base/address.ts";
export * from "./base/errno.ts";
export {
  type Decoded,
  type Encodable,
  type FieldLayout,
  type FieldSpec,
  type FieldType,
  type Struct,
  struct,
} from "./base/layout.ts";
export { type Random, seeded } from "./base/random.ts";
export { DeadlockError, runStraight, type SchedulingPoint, type Task } from "./base/task.ts";
export { Trace, type TraceEvent, type TraceKind } from "./base/trace.ts";
export { UnmodelledError } from "./base/unmodelled.ts";

// 1 hw
export { PAS, type Pas, pasName } from "./hw/granule-protection.ts";
export type { DmaResult, PcieFunction, TdiState } from "./hw/pcie-function.ts";
export type { GuestAction, GuestResult, RealmProgram } from "./hw/processor.ts";

// 2 rmm
export { RMI_PDEV, RMI_VDEV, RSI_RDEV } from "./rmm/devices.ts";
export * from "./rmm/fid.ts";
export { rmi_realm_params } from "./rmm/realm-params.ts";
export * from "./rmm/rsi-status.ts";
export * from "./rmm/status.ts";

// 3 kernel
export type { KernelConfig } from "./kernel/config.ts";
export { type CatalogueEntry, errnoCatalogue } from "./kernel/explain/catalogue.ts";
export type { Explanation } from "./kernel/explain/explain.ts";
export type { Reason } from "./kernel/explain/reason.ts";
export * from "./kernel/fs/uapi.ts";
export { ioctlOf, type KnownIoctl } from "./kernel/ioctl-names.ts";
export * from "./kernel/iommufd/uapi-structs.ts";
export * from "./kernel/iommufd/uapi.ts";
export { type Unsupported, unsupportedIommufd } from "./kernel/iommufd/unsupported.ts";
export { kvm_map_private_memory } from "./kernel/kvm/arm64/map-private-memory.ts";
export { KVM_PGTABLE_PROT_W, realm_map_ipa } from "./kernel/kvm/arm64/realm-map.ts";
export { type GmemPage, kvm_gmem_get_pfn } from "./kernel/kvm/gmem-get-pfn.ts";
export { kvm_mmu_invalidate_wait, mmu_invalidate_retry_gfn } from "./kernel/kvm/invalidate.ts";
export { type Kvm, kvm_mmu_cache_min_pages } from "./kernel/kvm/kvm.ts";
export { kvm_mem_is_private } from "./kernel/kvm/memory-attributes.ts";
export { gfn_to_memslot, type kvm_memory_slot, kvm_slot_can_be_private } from "./kernel/kvm/memslots.ts";
export * from "./kernel/kvm/uapi.ts";
export type { LogLine } from "./kernel/log.ts";
export {
  kvm_mmu_free_memory_cache,
  type kvm_mmu_memory_cache,
  kvm_mmu_topup_memory_cache,
  newMemoryCache,
} from "./kernel/mm/memory-cache.ts";
export { NO_PAGE } from "./kernel/mm/pages.ts";
export { KILLED, type SyscallTasks } from "./kernel/syscall-tasks.ts";
export type { Syscalls } from "./kernel/syscalls.ts";
export { type KernelVariant, variants } from "./kernel/variant.ts";
export { variantText } from "./kernel/variants/sources.ts";
export * from "./kernel/vfio/uapi.ts";

// The whole host
export { type BootOptions, boot, type Host, type HostProcess, type UserView } from "./boot.ts";

// 4 user
export { type AssignedRealm, realmWithDevice } from "./user/assigned-realm.ts";
export { acceptDevice, deviceHardware, dmaOutcome } from "./user/driver.ts";
export { makeRealm, type RealmPages, smallRealmParams } from "./user/firmware-realm.ts";
export {
  answered,
  dramPage,
  type HostFault,
  hostLoad,
  hostStore,
  makeSecure,
  probe,
} from "./user/firmware.ts";
export {
  changeRipas,
  type GuestNotebook,
  type GuestProgram,
  RSI_RIPAS,
  readingGuest,
  writingGuest,
} from "./user/guest.ts";
export {
  type AssignedDevice,
  assignDevice,
  bindDevice,
  connectTsm,
  tsmMap,
  unbindDevice,
  VIRTUAL_DEVICE_ID,
} from "./user/vmm-device.ts";
export { type GuestMemory, must, startRealm, Vmm, VmmError, type VmmExit, type VmmVcpu } from "./user/vmm.ts";

// 5 designs
export { designOf, designs } from "./designs/all.ts";
export { type CallsOfOne, compareDesigns, type DesignResult } from "./designs/comparison.ts";
export type { Design, GpaRange, VmmHands, VmmMoves } from "./designs/design.ts";
export { inPlaceConversion } from "./designs/in-place-conversion.ts";
export { type MomentRow, momentTable, momentText } from "./designs/moment-table.ts";
export {
  type DmaKind,
  type DmaSeen,
  dmaText,
  type FrameUse,
  type Holders,
  holdersOf,
  holdersText,
  type MemoryHeld,
  memoryHeld,
  tryDma,
} from "./designs/observe.ts";
export { playScenario } from "./designs/play.ts";
export type { Moment, Played, Scenario, Stage } from "./designs/scenario.ts";
export { scenarioOf, scenarios } from "./designs/scenarios/all.ts";
export { designHost, guestPage, Setting } from "./designs/setting.ts";

// 5 explore
export { type Exploration, type ExploreOptions, explore, type Progress } from "./explore/explore.ts";
export { type SweepStep, sweep } from "./explore/fault-sweep.ts";
export { type GameHint, type GameOutcome, playRace, RaceGame, type SavedGame } from "./explore/game.ts";
export type { GameActor } from "./explore/game-text.ts";
export { interrupting } from "./explore/interrupting.ts";
export { type Mapping, mappingsOf, realms } from "./explore/mappings.ts";
export type { Place } from "./explore/place.ts";
export type { BrokenRule, Race, Scene } from "./explore/race.ts";
export { raceById, races } from "./explore/races/catalogue.ts";
export {
  brokenRules,
  type MapRequest,
  REALM_SECRET,
  type Rule,
  type RuleContext,
  ruleById,
  rules,
} from "./explore/rules.ts";
export type { StateChange } from "./explore/race-state.ts";
export type { RecordedTurn } from "./explore/recorded-run.ts";
export { type Replay, replay } from "./explore/replay.ts";
export {
  type Conflict,
  type GoodNeighbour,
  type RaceReport,
  reportOf,
  type SharedAccess,
  type SwitchRow,
  type TurnRow,
} from "./explore/report.ts";
export { runLengths, scheduleOf, switchesIn } from "./explore/schedule-text.ts";
export {
  type Chooser,
  following,
  type NamedTasks,
  runSchedule,
  type ScheduledRun,
  type Turn,
} from "./explore/schedule.ts";
export type { Failure } from "./explore/search.ts";
export { type SingleCall, singleCalls } from "./explore/single-calls.ts";
export { type SrcuWait, srcuWait } from "./explore/srcu-wait.ts";
export { type SweepOptions, type SweepReport, type SweepRow, sweepReport } from "./explore/sweep-report.ts";
export { TaskError } from "./explore/task-error.ts";
export { needsNoRace, type Repair, repairsOf, type Verdict, verdictTable } from "./explore/verdicts.ts";

// 6 view
export { type ActorsOptions, showActors } from "./view/actors.ts";
export { type BytesOptions, showBytes } from "./view/bytes.ts";
export { type ChangeOptions, showChange, showDiff } from "./view/change.ts";
export { DARK, darkRules, PICTURE_CLASS } from "./view/dark.ts";
export { showDesigns, showScenario } from "./view/designs.ts";
export { Displayable } from "./base/displayable.ts";
export { Picture } from "./view/display.ts";
export { type Fact, type FactGroup, type HostState, hostState } from "./view/facts.ts";
export { vmOf } from "./view/find.ts";
export { showDevice } from "./view/device.ts";
export { showGuestMemfd } from "./view/gmem.ts";
export { type GranuleOptions, showGranules } from "./view/granules.ts";
export { type PageHolder, showHolders, whoHolds } from "./view/holders.ts";
export { showLegend } from "./view/legend.ts";
export { type DiffLine, lineDiff } from "./view/line-diff.ts";
export { mappedPages } from "./view/mapped-pages.ts";
export { showMemslots } from "./view/memslots.ts";
export { showObjects } from "./view/objects.ts";
export { type PlotAxis, type PlotOptions, type PlotSeries, showPlot } from "./view/plot.ts";
export { showProtection } from "./view/protection.ts";
export { HtmlText } from "./view/html.ts";
export { showReport } from "./view/race-report.ts";
export { rttEntry, showRttEntry } from "./view/rtt-entry.ts";
export { type RttTableOptions, showRttTable } from "./view/rtt-table.ts";
export { showRealmRtt, showRtt } from "./view/rtt.ts";
export { type SequenceOptions, showSequence } from "./view/sequence.ts";
export { showSweep } from "./view/sweep.ts";
export { type Checkpoint, TimeTravel, type TravelOptions, timeTravel, type View } from "./view/travel.ts";
export { travelHtml } from "./view/travel-html.ts";
export type { TravelRecord, TravelStep } from "./view/travel-record.ts";
export { showTimeline, type TimelineOptions } from "./view/timeline.ts";
export { showTurns, type TurnsOptions } from "./view/turns.ts";
export { showVariantDiff, TextDiff, textOf } from "./view/variant-diff.ts";
export { showVerdict, showVerdictTable } from "./view/verdicts.ts";
export { showWalk } from "./view/walk.ts";

// 7 course
export {
  type GauntletResult,
  runGauntlet,
  type StageResult,
  type TrialResult,
} from "./course/gauntlet/gauntlet.ts";
export { showGauntlet } from "./course/gauntlet/show.ts";
export type {
  AbiStruct,
  MapPageFunction,
  MapRangeFunction,
  Submission,
  TsmMapAbi,
} from "./course/gauntlet/submission.ts";
export type { Miss, Trial } from "./course/gauntlet/trial.ts";
export { judgeReply } from "./course/rubric.ts";
export type { Lab } from "./course/exercise.ts";
export type { SlotRange } from "./course/exercises/01-write-lookup.ts";
export type { AttributeRequest, MemoryFault } from "./course/exercises/03-handler.ts";
export type { NextFacts, PageFacts } from "./course/exercises/04-next-state.ts";
export type { EntryFacts } from "./course/exercises/05-decode.ts";
export type { FirmwareCall } from "./course/exercises/06-retry.ts";
export type { MapRange } from "./course/exercises/07-how-far.ts";
export type { IoctlFacts } from "./course/exercises/08-dispatcher.ts";
export type { StillMine } from "./course/exercises/09-same-device.ts";
export type { DmaFacts } from "./course/exercises/09-smmu.ts";
export type { UseAfterFree } from "./course/exercises/12-use-after-free.ts";
export type { Feedback, Message } from "./course/feedback.ts";
export { HISTORY, type Posting, showHistory } from "./course/history.ts";
export { findTerm, GLOSSARY } from "./course/glossary/glossary.ts";
export { INTRODUCED } from "./course/glossary/introduced.ts";
export type { Term } from "./course/glossary/term.ts";
export { whatIs } from "./course/glossary/what-is.ts";
export type { Drill, DrillLevel } from "./course/problems/drill.ts";
export { type DrillKind, problem } from "./course/problems/problem.ts";
export { type Language, setLanguage } from "./course/messages/language.ts";
export { quiz, type QuizForm } from "./course/quiz/quiz.ts";
export {
  browserStore,
  type KeyValueStorage,
  PROGRESS_STORE,
  type ProgressStore,
} from "./course/progress-store.ts";
export {
  check,
  exercise,
  exportProgress,
  hint,
  importProgress,
  mustPass,
  predict,
  progress,
  resetProgress,
  reveal,
  solution,
} from "./course/session.ts";
