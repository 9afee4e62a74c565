"use strict";
// What moves the page: a test, one of its calls, and one visit of a block are chosen at any time.
// Everything from the report is set as text, never as markup.

const report = JSON.parse(document.getElementById("report").textContent);
const blocks = new Map(report.blocks.map((block) => [block.code + ":" + block.id, block]));
const source = new Map();
for (const row of document.querySelectorAll("#source tr")) source.set(Number(row.dataset.line), row);
const chosen = { run: null, call: null, visit: 0 };

function make(tag, kind, text) {
  const element = document.createElement(tag);
  if (kind) element.className = kind;
  if (text !== undefined) element.textContent = text;
  return element;
}

function find(id) { return document.getElementById(id); }

function blockOf(visit) { return blocks.get(chosen.call.code + ":" + visit.block); }

function lineText(line) {
  const row = source.get(line);
  return row ? row.querySelector("code").textContent.trim() : "";
}

// ------------------------------------------------------------------ tests

function showTests() {
  report.runs.forEach((run, index) => {
    const button = make("button", run.outcome, run.test);
    button.title = run.test + ": " + run.outcome + (run.cut ? " (trace cut: " + run.cut + ")" : "");
    button.addEventListener("click", () => chooseRun(index));
    find("tests").append(button);
  });
}

function chooseRun(index) {
  const run = report.runs[index];
  if (!run) return;
  chosen.run = run;
  showWhy(run.test);
  showWay(run);
  [...find("tests").children].forEach((button, at) =>
    button.setAttribute("aria-pressed", String(at === index)));
  showCalls();
  chooseCall(telling(run));
}

// What the chosen test ended in; nothing where it passed.
function showWhy(name) {
  const why = find("why");
  const test = report.tests.find((each) => each.id === name);
  if (!why || !test) return;
  const said = test.exception ? test.exception + (test.message ? ": " + test.message : "") : "";
  why.textContent = said;
  why.hidden = !said;
}

function isFunction(call) {
  const kind = report.codes[call.code].kind;
  return kind !== "module" && kind !== "class";
}

// The call in which it probably went wrong, else the first.
function telling(run) {
  return run.calls.find((call) => call.id === run.focus) || run.calls.find(isFunction) || run.calls[0];
}

// From the test to that call; a click chooses a function of this file.
function showWay(run) {
  const way = find("way");
  way.replaceChildren();
  if (run.way.length < 2) return;
  run.way.forEach((step, at) => {
    const place = step.path.split(/[\\/]/).pop() + ":" + (step.line + 1);
    const button = make("button", "", step.function);
    button.title = place;
    const call = run.calls.find((each) => step.path === report.path && report.codes[each.code].name === step.function);
    if (at === run.way.length - 1) button.addEventListener("click", () => chooseCall(telling(run)));
    else if (call) button.addEventListener("click", () => chooseCall(call));
    else button.disabled = true;
    way.append(at ? make("span", "", " → ") : "", button);
  });
}

// ------------------------------------------------------------------ calls

function showCalls() {
  const list = find("calls");
  list.replaceChildren();
  const known = new Map(chosen.run.calls.map((call) => [call.id, call]));
  for (const call of chosen.run.calls) {
    let depth = 0;
    for (let at = known.get(call.parent); at && depth < 4; at = known.get(at.parent)) depth += 1;
    const button = make("button", "call depth-" + depth);
    const given = Object.entries(call.arguments).map(([name, value]) => name + "=" + value);
    button.append(report.codes[call.code].name + "(" + given.join(", ") + ") ");
    button.append(make("span", "result " + call.how, ending(call)));
    button.title = button.textContent;
    button.dataset.call = call.id;
    button.addEventListener("click", () => chooseCall(call));
    list.append(button);
  }
  const left = chosen.run.calls_made - chosen.run.calls.length;
  if (left > 0) list.append(make("div", "gap", left + " more of the same kind"));
}

function ending(call) {
  if (call.how === "raised") return "✗ " + call.exception;
  if (call.how === "returned") return call.value ? "→ " + call.value : "";
  return call.how + " at line " + (call.line + 1);
}

function chooseCall(call) {
  if (!call) {
    find("visits").replaceChildren(make("div", "empty", "nothing of this file was followed"));
    return;
  }
  chosen.call = call;
  for (const button of find("calls").querySelectorAll(".call")) {
    const on = Number(button.dataset.call) === call.id;
    button.setAttribute("aria-pressed", String(on));
    if (on) button.scrollIntoView({ block: "nearest" });
  }
  const code = report.codes[call.code];
  find("function").textContent = code.name;
  const visited = new Set(call.visits.map((visit) => call.code + ":" + visit.block));
  for (const graph of document.querySelectorAll(".graph"))
    graph.classList.toggle("shown", Number(graph.dataset.code) === call.code);
  for (const box of document.querySelectorAll(".graph .block"))
    box.classList.toggle("visited", visited.has(box.dataset.block));
  showVisits();
  chooseVisit(interesting(call));
}

// Where to begin: where it raised, else the most suspicious block, its last visit.
function interesting(call) {
  const raised = call.visits.findIndex((visit) => visit.raised);
  if (raised >= 0 && call.how === "raised") return raised;
  let best = 0;
  call.visits.forEach((visit, index) => {
    if (blockOf(visit).suspicion >= blockOf(call.visits[best]).suspicion) best = index;
  });
  return best;
}

// ------------------------------------------------------------------ visits

function turns(visit) {
  const loops = blockOf(visit).loops;
  return visit.iteration.map((number, at) => {
    const outer = visit.iteration.slice(0, at).join();
    const loop = chosen.call.loops.find(
      (each) => each.header === loops[at] && each.iteration.join() === outer);
    if (loop && number > loop.count) return "end";
    return "turn " + number + (loop ? " of " + loop.count + (loop.open ? "…" : "") : "");
  }).join(" · ");
}

function showVisits() {
  const list = find("visits");
  list.replaceChildren();
  let before = null;
  chosen.call.visits.forEach((visit, index) => {
    const block = blockOf(visit);
    const depth = visit.iteration.length - 1;
    if (before && depth >= 0 && before.iteration.length >= visit.iteration.length) {
      const left = visit.iteration[depth] - before.iteration[depth] - 1;
      const same = visit.iteration.slice(0, depth).join() === before.iteration.slice(0, depth).join();
      if (same && left > 0) list.append(make("div", "gap", left === 1 ? "1 turn like these" : left + " turns like these"));
    }
    before = visit;
    const row = make("div", "visit");
    row.dataset.index = index;
    const line = make("div", "line");
    const span = block.first_line === block.last_line ? "" : "–" + (block.last_line + 1);
    // A docstring is no good name for its block.
    const telling = block.statements.find(([first]) => !/^[rRbBuU]*["']/.test(lineText(first)));
    line.append(make("span", "at", "line " + (block.first_line + 1) + span));
    line.append(make("span", "src", lineText(telling ? telling[0] : block.first_line)));
    line.append(make("span", "turn", turns(visit)));
    row.append(line);
    const brief = make("div", "brief");
    for (const [name, value] of Object.entries(visit.exit)) {
      brief.append(make("b", "", name), " " + (name in visit.entry ? visit.entry[name] + " → " : "= ") + value + "  ");
    }
    if (visit.yielded) brief.append(make("span", "yielded", "yields " + visit.yielded + "  "));
    if (visit.raised) brief.append(make("span", "raised", "✗ " + visit.raised));
    if (brief.childNodes.length) row.append(brief);
    row.addEventListener("click", () => chooseVisit(index));
    list.append(row);
  });
  if (!chosen.call.visits.length) list.append(make("div", "empty", "no block was entered"));
}

function names(visit) {
  const table = make("table", "names");
  const head = make("tr");
  for (const title of ["name", "before", "after"]) head.append(make("th", "", title));
  table.append(head);
  for (const name of [...new Set([...Object.keys(visit.entry), ...Object.keys(visit.exit)])].sort()) {
    const changed = name in visit.exit;
    const row = make("tr", changed ? "changed" : "");
    row.append(make("td", "", name), make("td", "", visit.entry[name] || ""));
    row.append(make("td", "", changed ? visit.exit[name] : ""));
    table.append(row);
  }
  return table;
}

function chooseVisit(index) {
  const visit = chosen.call.visits[index];
  for (const old of document.querySelectorAll(".now, .in")) old.classList.remove("now", "in");
  for (const old of document.querySelectorAll("#visits .detail")) old.remove();
  for (const old of document.querySelectorAll(".inline")) old.replaceChildren();
  find("where").textContent = "";
  if (!visit) return;
  chosen.visit = index;
  const block = blockOf(visit);
  const row = find("visits").querySelector('[data-index="' + index + '"]');
  row.classList.add("now");
  const detail = make("div", "detail");
  detail.append(names(visit));
  if (visit.yielded) detail.append(make("div", "yielded", "yields " + visit.yielded));
  if (visit.raised) detail.append(make("div", "raised", "✗ " + visit.raised + ", line " + (visit.line + 1)));
  if (block.verdict && block.verdict.confidence >= 0.6) {
    const word = block.verdict.right ? "right" : "wrong";
    detail.append(make("div", "verdict " + word, "the model calls this block " + word + " (" +
      Math.round(100 * block.verdict.confidence) + " %)"));
  }
  row.append(detail);
  row.scrollIntoView({ block: "nearest" });
  find("where").textContent = [report.codes[chosen.call.code].name, turns(visit)].filter(Boolean).join(" · ");
  const box = document.querySelector('.block[data-block="' + chosen.call.code + ":" + visit.block + '"]');
  if (box) {
    box.classList.add("now");
    box.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  markLines(block, visit);
}

function markLines(block, visit) {
  let last = null;
  for (const [first, end] of block.statements) {
    for (let line = first; line <= end; line += 1) {
      const row = source.get(line);
      if (!row) continue;
      row.classList.add("in");
      last = row;
    }
  }
  if (!last) return;
  source.get(block.first_line).classList.add("now");
  const inline = last.querySelector(".inline");
  for (const [name, value] of Object.entries(visit.exit).slice(0, 4)) {
    inline.append(make("b", "", name), " = " + (value.length > 60 ? value.slice(0, 59) + "…" : value) + "  ");
  }
  if (visit.raised) inline.append(make("span", "raised", "✗ " + visit.raised.slice(0, 80)));
  source.get(block.first_line).scrollIntoView({ block: "nearest" });
}

// ------------------------------------------------------------------ going about

function chooseBlock(key) {
  const [code, id] = key.split(":").map(Number);
  const has = (call) => call.code === code && call.visits.some((visit) => visit.block === id);
  if (!chosen.run) return;
  const call = chosen.call && has(chosen.call) ? chosen.call : chosen.run.calls.find(has);
  if (!call) return;
  if (call !== chosen.call) chooseCall(call);
  const later = call.visits.findIndex((visit, at) => visit.block === id && at > chosen.visit);
  chooseVisit(later >= 0 ? later : call.visits.findIndex((visit) => visit.block === id));
}

function sameBlock(step) {
  const visits = chosen.call.visits;
  for (let at = chosen.visit + step; at >= 0 && at < visits.length; at += step)
    if (visits[at].block === visits[chosen.visit].block) return chooseVisit(at);
}

function otherCall(step) {
  const at = chosen.run.calls.indexOf(chosen.call) + step;
  if (at >= 0 && at < chosen.run.calls.length) chooseCall(chosen.run.calls[at]);
}

for (const box of document.querySelectorAll(".graph .block")) {
  box.addEventListener("click", () => chooseBlock(box.dataset.block));
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      chooseBlock(box.dataset.block);
    }
  });
}
for (const [line, row] of source) {
  row.addEventListener("click", () => {
    const at = report.blocks.filter((block) =>
      block.statements.some(([first, last]) => first <= line && line <= last));
    const own = at.find((block) => chosen.call && block.code === chosen.call.code) || at[at.length - 1];
    if (own) chooseBlock(own.code + ":" + own.id);
  });
}
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !chosen.call) return;
  const moves = {
    ArrowDown: () => chooseVisit(Math.min(chosen.visit + 1, chosen.call.visits.length - 1)),
    ArrowUp: () => chooseVisit(Math.max(chosen.visit - 1, 0)),
    j: () => chooseVisit(Math.min(chosen.visit + 1, chosen.call.visits.length - 1)),
    k: () => chooseVisit(Math.max(chosen.visit - 1, 0)),
    ArrowRight: () => sameBlock(1),
    ArrowLeft: () => sameBlock(-1),
    "]": () => otherCall(1),
    "[": () => otherCall(-1),
  };
  if (/^[1-9]$/.test(event.key)) chooseRun(Number(event.key) - 1);
  else if (moves[event.key]) moves[event.key]();
  else return;
  event.preventDefault();
});

// Expressions that only failing tests ran are underlined, where the browser can do so in text.
function underline() {
  if (!globalThis.CSS || !CSS.highlights) return;
  const ranges = [];
  for (const each of report.expressions || []) {
    if (each.line !== each.end_line || each.ochiai < 0.5) continue;
    const code = source.get(each.line) && source.get(each.line).querySelector("code");
    if (!code) continue;
    const range = document.createRange();
    if (place(code, each.character, range, "setStart") && place(code, each.end_character, range, "setEnd"))
      ranges.push(range);
  }
  if (ranges.length) CSS.highlights.set("suspect", new Highlight(...ranges));
}

// Put one end of a range at a code point of an element's text.
function place(element, character, range, end) {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let left = character;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const points = [...node.data];
    if (left <= points.length) {
      range[end](node, points.slice(0, left).join("").length);
      return true;
    }
    left -= points.length;
  }
  return false;
}

// A graph is shrunk to the width there is, but not so far that it cannot be read.
function fit() {
  const room = document.querySelector("#graph .scroll").clientWidth - 8;
  for (const graph of document.querySelectorAll(".graph")) {
    const [, , width, height] = graph.getAttribute("viewBox").split(" ").map(Number);
    const scale = Math.min(1, Math.max(0.6, room / width));
    graph.setAttribute("width", width * scale);
    graph.setAttribute("height", height * scale);
  }
}
window.addEventListener("resize", fit);

fit();
underline();
showTests();
if (report.runs.length) chooseRun(0);
else {
  find("visits").append(make("div", "empty", report.reason || "no test was followed"));
  const first = document.querySelector(".graph");
  if (first) first.classList.add("shown");
}
