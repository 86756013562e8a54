// SPDX-License-Identifier: MIT
import type { Exercise } from "./exercise.ts";
import { faultAgain } from "./exercises/00-fault-again.ts";
import { fourTables } from "./exercises/00-four-tables.ts";
import { threePages } from "./exercises/00-three-pages.ts";
import { fillTheHole } from "./exercises/01-fill-the-hole.ts";
import { movePrivate } from "./exercises/01-move-private.ts";
import { threeErrors } from "./exercises/01-three-errors.ts";
import { whichSlot } from "./exercises/01-which-slot.ts";
import { writeLookup } from "./exercises/01-write-lookup.ts";
import { giveMemoryBack } from "./exercises/02-give-back.ts";
import { noLeak } from "./exercises/02-no-leak.ts";
import { pageReferences } from "./exercises/02-references.ts";
import { threeCalls } from "./exercises/02-three-calls.ts";
import { bothHalves } from "./exercises/03-both-halves.ts";
import { fourTouches } from "./exercises/03-four-touches.ts";
import { exitHandler } from "./exercises/03-handler.ts";
import { recoverPage } from "./exercises/03-recover.ts";
import { granuleAnswers } from "./exercises/04-answers.ts";
import { giveBack } from "./exercises/04-give-back.ts";
import { nextState } from "./exercises/04-next-state.ts";
import { reachStates } from "./exercises/04-reach-states.ts";
import { decodeEntry } from "./exercises/05-decode.ts";
import { fewestCalls } from "./exercises/05-fewest-calls.ts";
import { foldBlock } from "./exercises/05-fold.ts";
import { walkIndexes } from "./exercises/05-indexes.ts";
import { repairCaller } from "./exercises/05-repair-caller.ts";
import { nextTime } from "./exercises/06-next-time.ts";
import { retry } from "./exercises/06-retry.ts";
import { successUnmapped } from "./exercises/06-success-unmapped.ts";
import { whichCall } from "./exercises/06-which-call.ts";
import { countCalls } from "./exercises/07-count-calls.ts";
import { howFar } from "./exercises/07-how-far.ts";
import { repairLoop } from "./exercises/07-repair.ts";
import { threeOfFour } from "./exercises/07-three-of-four.ts";
import { whoHolds } from "./exercises/07-who-holds.ts";
import { dispatcher } from "./exercises/08-dispatcher.ts";
import { mappedYetEfault } from "./exercises/08-mapped-yet-efault.ts";
import { shortest } from "./exercises/08-shortest.ts";
import { takeApart } from "./exercises/08-take-apart.ts";
import { fetchCertificate } from "./exercises/09-certificate.ts";
import { stepOrder } from "./exercises/09-order.ts";
import { sameDevice } from "./exercises/09-same-device.ts";
import { beTheSmmu } from "./exercises/09-smmu.ts";
import { fourFaults } from "./exercises/10-four-faults.ts";
import { fourReasons } from "./exercises/10-four-reasons.ts";
import { keepTheBooks } from "./exercises/10-keep-the-books.ts";
import { knowHowFar } from "./exercises/10-know-how-far.ts";
import { byHand } from "./exercises/11-by-hand.ts";
import { findSchedule } from "./exercises/11-find-schedule.ts";
import { silence } from "./exercises/11-silence.ts";
import { predictVerdicts } from "./exercises/11-verdicts.ts";
import { chooseDesign } from "./exercises/12-choose.ts";
import { reviewReply } from "./exercises/12-review.ts";
import { makeUseAfterFree } from "./exercises/12-use-after-free.ts";
import { designHolders } from "./exercises/12-who-holds.ts";
import { readTheBill } from "./exercises/13-bill.ts";
import { callBudget } from "./exercises/13-budget.ts";
import { countRanges } from "./exercises/13-range.ts";
import { countTables } from "./exercises/13-tables.ts";
import { wholeGauntlet } from "./exercises/14-gauntlet.ts";
import { rangeLoop } from "./exercises/14-loop.ts";
import { onePage } from "./exercises/14-page.ts";
import { rangeChecks } from "./exercises/14-range.ts";
import { v2Struct } from "./exercises/14-struct.ts";
import { postingsInOrder } from "./exercises/15-order.ts";
import { preFaultAll } from "./exercises/15-pre-fault.ts";
import { whereToLook } from "./exercises/15-where.ts";
import { whichKernel } from "./exercises/15-which-kernel.ts";
import type { Prediction } from "./prediction.ts";
import { storyPredictions } from "./predictions/00.ts";
import { memslotPredictions } from "./predictions/01.ts";
import { gmemPredictions } from "./predictions/02.ts";
import { conversionPredictions } from "./predictions/03.ts";
import { granulePredictions } from "./predictions/04.ts";
import { tablePredictions } from "./predictions/05.ts";
import { mapIpaPredictions } from "./predictions/06.ts";
import { mapLoopPredictions } from "./predictions/07.ts";
import { iommufdPredictions } from "./predictions/08.ts";
import { devicePredictions } from "./predictions/09.ts";
import { failurePredictions } from "./predictions/10.ts";
import { racePredictions } from "./predictions/11.ts";
import { ownerPredictions } from "./predictions/12.ts";
import { costPredictions } from "./predictions/13.ts";
import { v2Predictions } from "./predictions/14.ts";
import { aftermathPredictions } from "./predictions/15.ts";

/** Every exercise, in the order of the notebooks. */
export const EXERCISES: readonly Exercise[] = [
  threePages,
  fourTables,
  faultAgain,
  whichSlot,
  writeLookup,
  fillTheHole,
  threeErrors,
  movePrivate,
  threeCalls,
  pageReferences,
  giveMemoryBack,
  noLeak,
  fourTouches,
  bothHalves,
  exitHandler,
  recoverPage,
  granuleAnswers,
  reachStates,
  giveBack,
  nextState,
  walkIndexes,
  decodeEntry,
  fewestCalls,
  repairCaller,
  foldBlock,
  retry,
  whichCall,
  nextTime,
  successUnmapped,
  countCalls,
  threeOfFour,
  howFar,
  whoHolds,
  repairLoop,
  takeApart,
  shortest,
  dispatcher,
  mappedYetEfault,
  stepOrder,
  fetchCertificate,
  beTheSmmu,
  sameDevice,
  fourReasons,
  fourFaults,
  knowHowFar,
  keepTheBooks,
  findSchedule,
  byHand,
  predictVerdicts,
  silence,
  designHolders,
  makeUseAfterFree,
  chooseDesign,
  reviewReply,
  readTheBill,
  countTables,
  countRanges,
  callBudget,
  rangeChecks,
  onePage,
  rangeLoop,
  v2Struct,
  wholeGauntlet,
  postingsInOrder,
  preFaultAll,
  whichKernel,
  whereToLook,
];

/** Every prediction, in the order of the notebooks. */
export const PREDICTIONS: readonly Prediction[] = [
  ...storyPredictions,
  ...memslotPredictions,
  ...gmemPredictions,
  ...conversionPredictions,
  ...granulePredictions,
  ...tablePredictions,
  ...mapIpaPredictions,
  ...mapLoopPredictions,
  ...iommufdPredictions,
  ...devicePredictions,
  ...failurePredictions,
  ...racePredictions,
  ...ownerPredictions,
  ...costPredictions,
  ...v2Predictions,
  ...aftermathPredictions,
];
