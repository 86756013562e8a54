// SPDX-License-Identifier: MIT

/**
 * What makes a recorded run move in a page: a function of the record, as text. It looks for the elements that were
 * written for this record and have not been started, so that several outputs stand beside each other, and touches
 * nothing else. It asks nothing of the network.
 */
export const TRAVEL_SCRIPT = `(function (record, id) {
  "use strict";
  function decode(code) {
    if (code === "") return [];
    return code.split(",").flatMap(function (range) {
      var ends = range.split("-").map(Number);
      return record.parts.slice(ends[0], ends[ends.length - 1] + 1);
    });
  }
  function factsOf(step) {
    return new Map(decode(step.facts).map(function (line) { return line.split("\\t"); }));
  }
  function shapeOf(line) { return line.replace(/0x[0-9a-f_]+/g, "0x"); }
  function folded(lines) {
    var told = [];
    for (var i = 0; i < lines.length; ) {
      var end = i + 1;
      while (end < lines.length && shapeOf(lines[end]) === shapeOf(lines[i])) end++;
      told.push(lines[i] + (end - i > 1 ? "  (and " + (end - i - 1) + " more like it)" : ""));
      i = end;
    }
    return told;
  }
  function changes(from, to) {
    var before = factsOf(from), after = factsOf(to), lines = [];
    after.forEach(function (value, what) {
      if (!before.has(what)) lines.push("+ new: " + what + ": " + value);
      else if (before.get(what) !== value) lines.push("~ changed: " + what + ": " + before.get(what) + " => " + value);
    });
    before.forEach(function (value, what) {
      if (!after.has(what)) lines.push("- gone: " + what + ", was: " + value);
    });
    return folded(lines);
  }
  function start(root) {
    root.setAttribute("data-ready", "");
    function part(name) { return root.querySelector('[data-part="' + name + '"]'); }
    var now = record.steps.length - 1;
    function show(next) {
      now = Math.max(0, Math.min(record.steps.length - 1, next));
      var step = record.steps[now];
      var said = "Step " + now + " of " + (record.steps.length - 1) + ": " + step.label +
        (step.actor === "" ? "" : " (" + step.actor + ")") +
        (step.checkpoint === undefined ? "" : " [checkpoint: " + step.checkpoint + "]");
      part("now").textContent = said;
      part("slider").value = String(now);
      part("slider").setAttribute("aria-valuetext", said);
      part("first").disabled = part("back").disabled = now === 0;
      part("next").disabled = part("last").disabled = now === record.steps.length - 1;
      record.views.forEach(function (name, i) {
        part("svg-" + i).innerHTML = decode(step.svg[name]).join("");
        part("text-" + i).textContent = decode(step.text[name]).join("\\n");
      });
      var chosen = part("compare").value;
      var other = chosen === "before" ? Math.max(0, now - 1) : Number(chosen);
      var list = changes(record.steps[other], step);
      part("changes").textContent = list.length === 0 ? "Nothing changed." : list.join("\\n");
    }
    function on(name, kind, act) { part(name).addEventListener(kind, act); }
    on("first", "click", function () { show(0); });
    on("back", "click", function () { show(now - 1); });
    on("next", "click", function () { show(now + 1); });
    on("last", "click", function () { show(record.steps.length - 1); });
    on("slider", "input", function () { show(Number(part("slider").value)); });
    on("compare", "change", function () { show(now); });
    on("goto", "change", function () { if (part("goto").value !== "") show(Number(part("goto").value)); });
    root.addEventListener("keydown", function (event) {
      var moves = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: record.steps.length - 1 };
      var move = moves[event.key];
      var tag = event.target.tagName;
      if (move === undefined || tag === "SELECT" || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      show(move);
    });
    part("controls").hidden = false;
    show(0);
  }
  document.querySelectorAll('[data-tsm-travel="' + id + '"]:not([data-ready])').forEach(start);
})`;
