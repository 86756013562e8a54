// SPDX-License-Identifier: MIT

declare module "markdown-it-footnote" {
  import type { MarkdownIt } from "markdown-it";

  export default function footnote(md: MarkdownIt): void;
}

declare module "markdown-it-container" {
  import type { MarkdownIt, Token } from "markdown-it";

  export interface ContainerOptions {
    readonly marker?: string;
    readonly validate?: (parameters: string) => boolean;
    readonly render?: (tokens: Token[], index: number) => string;
  }
  export default function container(md: MarkdownIt, name: string, options?: ContainerOptions): void;
}
