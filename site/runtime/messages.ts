// SPDX-License-Identifier: MIT

/** Data of one thing, by MIME type. */
export type MimeBundle = Readonly<Record<string, unknown>>;

/** What a running cell tells, as Jupyter's messages have it. */
export type CellMessage =
  | { readonly type: "stream"; readonly name: "stdout" | "stderr"; readonly text: string }
  | { readonly type: "display_data" | "update_display_data"; readonly data: MimeBundle; readonly id?: string }
  | { readonly type: "execute_result"; readonly data: MimeBundle }
  | ({ readonly type: "error" } & ErrorReport);

/** Why a cell ended. */
export interface ErrorReport {
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
  /** Line of the cell, from 1, if the error came by it. */
  readonly line?: number;
}

/** Takes what a cell tells. */
export type Publish = (message: CellMessage) => void;
