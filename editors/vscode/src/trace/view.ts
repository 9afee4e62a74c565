// The trace view itself, in its webview: blocks in the order of the source with the flow between
// them, coloured by suspicion; beside them the values of the visit that is looked at.

import type { Block, Call, Code, Report, Run, Shown, Step, Values, Visit } from "./report";

declare function acquireVsCodeApi(): { postMessage(message: unknown): void };

const editor = acquireVsCodeApi();
const root = document.getElementById("view") as HTMLElement;

/** What is looked at: a function, one call of it in one run, one visit of a block in that call. */
interface Focus {
  code: number;
  run: number;
  call: number;
  block: number;
  visit: number;
}

let shown: Shown;
let focus: Focus = { code: 0, run: 0, call: 0, block: 0, visit: 0 };

window.addEventListener("message", (event: MessageEvent<Shown>) => {
  shown = event.data;
  focus = beginning(shown.report);
  draw();
  selected()?.focus();
});
editor.postMessage("ready");

// ------------------------------------------------------------------ what is looked at

/** The call in which it probably went wrong, and its most suspicious block. */
function beginning(report: Report): Focus {
  return inRun(report, 0) ?? enter({ code: 0, run: 0, call: 0, block: 0, visit: 0 });
}

function inRun(report: Report, run: number): Focus | undefined {
  const calls = report.runs[run]?.calls ?? [];
  const found = calls.find((call) => call.id === report.runs[run]?.focus);
  if (!found) {
    return undefined;
  }
  const call = calls.filter((one) => one.code === found.code).indexOf(found);
  const seen = new Set(found.visits.map((visit) => visit.block));
  const block = suspects(report).find((one) => one.code === found.code && seen.has(one.id))?.id ?? 0;
  return enter({ code: found.code, run, call, block, visit: 0 });
}

/** Blocks that ran, the most suspicious first; of tests themselves only where nothing else did. */
function suspects(report: Report): Block[] {
  const ran = report.blocks.filter((block) => block.failing || block.passing);
  const own = ran.filter((block) => isLookedAt(report.codes[block.code]));
  return (own.length ? own : ran).sort((a, b) => b.suspicion - a.suspicion);
}

function isLookedAt(code: Code | undefined): boolean {
  return code !== undefined && !code.test && code.kind !== "module" && code.kind !== "class";
}

function blocks(): Block[] {
  const found = shown.report.blocks.filter((block) => block.code === focus.code);
  return found.sort((a, b) => a.first_line - b.first_line || a.id - b.id);
}

function run(): Run | undefined {
  return shown.report.runs[focus.run];
}

function calls(): Call[] {
  return run()?.calls.filter((call) => call.code === focus.code) ?? [];
}

function visits(): Visit[] {
  return calls()[focus.call]?.visits ?? [];
}

/** Look at the first visit of the focused block. */
function enter(place: Focus): Focus {
  const call = shown.report.runs[place.run]?.calls.filter((one) => one.code === place.code)[place.call];
  return { ...place, visit: Math.max(0, call?.visits.findIndex((visit) => visit.block === place.block) ?? 0) };
}

function look(change: Partial<Focus>): void {
  focus = { ...focus, ...change };
  draw();
  selected()?.focus();
}

function lookAtBlock(block: Block | undefined): void {
  if (block) {
    look(enter({ ...focus, block: block.id }));
  }
}

function lookAtVisit(index: number): void {
  const visit = visits()[index];
  if (visit) {
    look({ visit: index, block: visit.block });
  }
}

// ------------------------------------------------------------------ elements

function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: { [name: string]: string } = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

function choice(label: string, options: string[], at: number, change: (index: number) => void): HTMLElement {
  const select = element("select", { "aria-label": label }, ...options.map((text) => element("option", {}, text)));
  select.selectedIndex = at;
  select.addEventListener("change", () => change(select.selectedIndex));
  return element("label", {}, `${label} `, select);
}

function selected(): HTMLElement | null {
  return root.querySelector<HTMLElement>('[role="option"][aria-selected="true"]');
}

function percent(suspicion: number): string {
  return `${Math.round(suspicion * 100)} %`;
}

// ------------------------------------------------------------------ drawing

function draw(): void {
  const { report } = shown;
  const list = element("div", { id: "flow", role: "listbox", "aria-label": "Blocks", tabindex: "-1" });
  list.append(...blocks().map(drawBlock));
  root.replaceChildren(
    drawHead(report),
    element("div", { id: "panes" }, element("div", { id: "graph" }, list), drawValues()),
    element(
      "footer",
      {},
      "↑ ↓ block · ← → step through the call · n most suspicious next · Enter source",
    ),
  );
  drawEdges(list);
}

function drawHead(report: Report): HTMLElement {
  const shownCodes = new Set([...suspects(report).map((block) => block.code), focus.code]);
  const codes = report.codes.filter((code) => shownCodes.has(code.id));
  const failed = report.tests.find((test) => test.id === run()?.test);
  const head = element(
    "header",
    {},
    choice("Function", codes.map((code) => code.name), codes.findIndex((code) => code.id === focus.code), (index) => {
      const code = codes[index]?.id ?? 0;
      const first = report.blocks.filter((b) => b.code === code).sort((a, b) => b.suspicion - a.suspicion)[0];
      look(enter({ ...focus, code, call: 0, block: first?.id ?? 0 }));
    }),
    choice("Test", report.runs.map((one) => `${one.test} (${one.outcome})`), focus.run, (index) =>
      look(inRun(report, index) ?? enter({ ...focus, run: index, call: 0 })),
    ),
    choice("Call", calls().map(describeCall), focus.call, (index) => look(enter({ ...focus, call: index }))),
  );
  const message = failed?.exception ? `${failed.exception}: ${failed.message ?? ""}` : report.reason;
  if (message) {
    head.append(element("pre", { class: "failure" }, message));
  }
  const way = run()?.way ?? [];
  if (way.length > 1) {
    head.append(element("nav", { "aria-label": "From the test to where it probably went wrong" }, ...way.map(drawStep)));
  }
  return head;
}

/** A function on the way from the test; a click shows where it stands. */
function drawStep({ path, line, function: name }: Step, index: number): HTMLElement {
  const place = `${path.split(/[\\/]/).at(-1) ?? path}:${line + 1}`;
  const made = element("button", { title: place }, `${index ? "→ " : ""}${name}`);
  made.addEventListener("click", () => editor.postMessage({ path, line, end: line }));
  return made;
}

function describeCall(call: Call, index: number): string {
  const given = Object.entries(call.arguments).map(([name, value]) => `${name}=${value}`);
  const end = call.how === "returned" ? ` → ${call.value}` : ` ${call.how} ${call.exception}`;
  return `${index + 1}: (${given.join(", ")})${end}`;
}

function opinion(verdict: { right: boolean; confidence: number }): string {
  return `model: ${verdict.right ? "right" : "wrong"} ${percent(verdict.confidence)}`;
}

function drawBlock(block: Block): HTMLElement {
  const seen = visits().filter((visit) => visit.block === block.id).length;
  const isSelected = block.id === focus.block;
  const ran = block.failing + block.passing > 0;
  const told =
    `suspicion ${percent(block.suspicion)}, run by ${block.failing} failing and ${block.passing} passing tests` +
    (seen ? `, visited ${seen} times in this call` : ", not visited in this call") +
    (block.verdict ? `; ${opinion(block.verdict)}` : "");
  const place = `${block.kind}, lines ${block.first_line + 1} to ${block.last_line + 1}`;
  const made = element(
    "div",
    {
      class: seen ? "block" : "block unseen",
      role: "option",
      tabindex: isSelected ? "0" : "-1",
      "aria-selected": String(isSelected),
      "aria-label": `${place}, ${told}`,
      title: told,
      "data-block": String(block.id),
    },
    element(
      "div",
      { class: "summary" },
      element("span", {}, block.kind),
      ...(block.verdict ? [element("span", { class: "verdict" }, opinion(block.verdict))] : []),
      element("span", { class: "suspicion" }, ran ? percent(block.suspicion) : "not run"),
    ),
    ...(ran ? [element("pre", {}, source(block))] : [element("pre", { class: "folded" }, folded(block))]),
  );
  made.style.setProperty("--suspicion", percent(block.suspicion).replace(" ", ""));
  made.addEventListener("click", () => lookAtBlock(block));
  made.addEventListener("dblclick", () => reveal(block));
  return made;
}

/** One line for what was not run. */
function folded(block: Block): string {
  const [first, ...more] = source(block).split("\n");
  return `${first ?? ""}${more.length ? " …" : ""}`;
}

/** The numbered lines of a block, without the indentation that the whole function has. */
function source(block: Block): string {
  const code = shown.report.codes[block.code];
  const all = shown.lines.slice((code?.first_line ?? 0) + 1, (code?.last_line ?? 0) + 1);
  const indents = all.filter((line) => line.trim()).map((line) => line.length - line.trimStart().length);
  const indent = Math.min(...indents, ...numbers(block).map((n) => (shown.lines[n] ?? "").search(/\S|$/)));
  const width = String(shown.lines.length).length;
  return numbers(block)
    .map((n) => `${String(n + 1).padStart(width)}  ${(shown.lines[n] ?? "").slice(indent)}`)
    .join("\n");
}

function numbers(block: Block): number[] {
  return block.statements.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, index) => first + index),
  );
}

function drawValues(): HTMLElement {
  const all = visits();
  const rows = all.flatMap((visit, index) => (visit.block === focus.block ? [drawVisit(visit, index)] : []));
  const body = rows.length
    ? element(
        "table",
        {},
        element(
          "thead",
          {},
          element("tr", {}, ...["iteration", "on entry", "then"].map((text) => element("th", { scope: "col" }, text))),
        ),
        element("tbody", {}, ...rows),
      )
    : element("p", {}, "This block was not visited in this call, or its visit was not recorded.");
  const cut = run()?.cut;
  const pane = element("section", { id: "values", "aria-label": "Values", "aria-live": "polite" });
  pane.append(element("h2", {}, `Step ${all.length ? focus.visit + 1 : 0} of ${all.length}`), body);
  pane.append(...drawLoops());
  if (cut) {
    pane.append(element("p", { class: "cut" }, `The recording ended early: ${cut}`));
  }
  return pane;
}

/** How often the loops around the block ran, where not every iteration is told. */
function drawLoops(): HTMLElement[] {
  const block = blocks().find((one) => one.id === focus.block);
  const loops = calls()[focus.call]?.loops.filter((loop) => block?.loops.includes(loop.header)) ?? [];
  return loops
    .filter((loop) => loop.told.length < loop.count)
    .map((loop) => {
      const where = loop.iteration.length ? ` in iteration ${loop.iteration.join(".")} of the loop around it` : "";
      return element("p", {}, `The loop ran ${loop.count} times${where}; recorded: ${loop.told.join(", ")}.`);
    });
}

function drawVisit(visit: Visit, index: number): HTMLElement {
  const attributes: { [name: string]: string } = index === focus.visit ? { class: "now", "aria-current": "step" } : {};
  const then = drawPairs(visit.exit, visit.entry);
  if (visit.raised) {
    then.append(element("div", { class: "raised" }, `raised ${visit.raised}`));
  }
  if (visit.yielded) {
    then.append(element("div", {}, `yielded ${visit.yielded}`));
  }
  const row = element(
    "tr",
    attributes,
    element("td", {}, visit.iteration.join(".") || "–"),
    element("td", {}, drawPairs(visit.entry)),
    element("td", {}, then),
  );
  row.addEventListener("click", () => lookAtVisit(index));
  return row;
}

/** Names and values; those that differ from `before` are marked. */
function drawPairs(values: Values, before?: Values): HTMLElement {
  const pairs = Object.entries(values).map(([name, value]) => {
    const changed = before !== undefined && before[name] !== value;
    return element("div", changed ? { class: "changed" } : {}, element("var", {}, name), ` = ${value}`);
  });
  return element("div", { class: "pairs" }, ...pairs);
}

// ------------------------------------------------------------------ the flow between blocks

const SVG = "http://www.w3.org/2000/svg";

/** Curves right of the blocks: down to where the flow goes on, up where it loops. */
function drawEdges(list: HTMLElement): void {
  const boxes = new Map([...list.children].map((box) => [Number(box.getAttribute("data-block")), box as HTMLElement]));
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("aria-hidden", "true");
  const order = blocks();
  for (const [row, block] of order.entries()) {
    const from = boxes.get(block.id);
    for (const edge of block.next) {
      const to = boxes.get(edge.to);
      if (from && to) {
        const target = order.findIndex((other) => other.id === edge.to);
        svg.append(...drawEdge(from, to, target - row, edge.kind));
      }
    }
  }
  list.append(svg);
}

function drawEdge(from: HTMLElement, to: HTMLElement, distance: number, kind: string): Element[] {
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("class", distance <= 0 ? "back" : "forth");
  const right = from.offsetLeft + from.offsetWidth;
  if (distance === 1) {
    const x = from.offsetLeft + 24;
    path.setAttribute("d", `M${x} ${from.offsetTop + from.offsetHeight}V${to.offsetTop - 4}`);
    return [path, drawArrow(x, to.offsetTop, "down")];
  }
  const start = from.offsetTop + from.offsetHeight / 2 + (distance > 0 ? 6 : -6);
  const end = to.offsetTop + to.offsetHeight / 2 + (distance > 0 ? -6 : 6);
  const reach = right + 14 + 7 * Math.min(Math.abs(distance), 6);
  path.setAttribute("d", `M${right} ${start}C${reach} ${start} ${reach} ${end} ${right + 5} ${end}`);
  const title = document.createElementNS(SVG, "title");
  title.textContent = kind;
  path.append(title);
  return [path, drawArrow(right, end, "left")];
}

function drawArrow(x: number, y: number, way: "down" | "left"): Element {
  const head = document.createElementNS(SVG, "path");
  head.setAttribute("class", "head");
  head.setAttribute("d", way === "down" ? `M${x} ${y}l-4 -7h8z` : `M${x} ${y}l7 -4v8z`);
  return head;
}

window.addEventListener("resize", () => {
  const list = document.getElementById("flow");
  list?.querySelector("svg")?.remove();
  if (list) {
    drawEdges(list);
  }
});

// ------------------------------------------------------------------ keys

function reveal(block: Block | undefined): void {
  if (block) {
    editor.postMessage({ line: block.first_line, end: block.last_line });
  }
}

/** The block that is next in suspicion after the one that is looked at, in the whole file. */
function lookAtNextSuspect(): void {
  const order = suspects(shown.report);
  const at = order.findIndex((block) => block.code === focus.code && block.id === focus.block);
  const next = order[(at + 1) % order.length];
  if (next) {
    look(enter({ ...focus, code: next.code, call: next.code === focus.code ? focus.call : 0, block: next.id }));
  }
}

document.addEventListener("keydown", (event) => {
  if (!shown || event.target instanceof HTMLSelectElement || event.ctrlKey || event.metaKey || event.altKey) {
    return;
  }
  const order = blocks();
  const at = order.findIndex((block) => block.id === focus.block);
  const keys: { [key: string]: () => void } = {
    ArrowDown: () => lookAtBlock(order[at + 1]),
    ArrowUp: () => lookAtBlock(order[at - 1]),
    Home: () => lookAtBlock(order[0]),
    End: () => lookAtBlock(order.at(-1)),
    ArrowRight: () => lookAtVisit(focus.visit + 1),
    ArrowLeft: () => lookAtVisit(focus.visit - 1),
    n: lookAtNextSuspect,
    Enter: () => reveal(order[at]),
  };
  const act = keys[event.key];
  if (act) {
    event.preventDefault();
    act();
  }
});
