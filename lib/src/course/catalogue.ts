// SPDX-License-Identifier: MIT
import type { Exercise } from "./exercise.ts";
import { fillTheHole } from "./exercises/01-fill-the-hole.ts";
import { movePrivate } from "./exercises/01-move-private.ts";
import { threeErrors } from "./exercises/01-three-errors.ts";
import { whichSlot } from "./exercises/01-which-slot.ts";
import { writeLookup } from "./exercises/01-write-lookup.ts";
import type { Prediction } from "./prediction.ts";
import { memslotPredictions } from "./predictions/01.ts";

/** Every exercise, in the order of the notebooks. */
export const EXERCISES: readonly Exercise[] = [whichSlot, writeLookup, fillTheHole, threeErrors, movePrivate];

/** Every prediction, in the order of the notebooks. */
export const PREDICTIONS: readonly Prediction[] = [...memslotPredictions];
