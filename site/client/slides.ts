// SPDX-License-Identifier: MIT
import Reveal from "reveal.js";
import "reveal.js/reveal.css";
import "../style/slides.css";

const deck = document.querySelector<HTMLElement>(".reveal");
if (deck) {
  void new Reveal(deck, {
    hash: true,
    transition: "none",
    backgroundTransition: "none",
    slideNumber: "c/t",
    // Slides fill the window and scroll: an editor in a scaled page would miss the pointer.
    disableLayout: true,
    scrollActivationWidth: 0,
    // A cell has keys of its own.
    keyboardCondition: () => document.activeElement?.closest("live-cell") == null,
  }).initialize();
}
