// What the server answers to `pilotfish/trace`; docs/debug.md describes it. Lines begin at 0.

export interface Report {
  path: string;
  test: string;
  status: "failing" | "passing" | "error";
  reason: string;
  tests: Test[];
  codes: Code[];
  blocks: Block[];
  runs: Run[];
  /** The document that it is about, and the text that was run. */
  uri: string;
  version: number | null;
  text: string;
}

export interface Test {
  id: string;
  outcome: string;
  exception?: string;
  message?: string;
}

export interface Code {
  id: number;
  name: string;
  kind: string;
  first_line: number;
  last_line: number;
  /** Whether it is a test itself. */
  test: boolean;
}

export interface Block {
  code: number;
  id: number;
  kind: string;
  first_line: number;
  last_line: number;
  statements: [number, number][];
  loops: number[];
  next: { to: number; kind: string }[];
  suspicion: number;
  failing: number;
  passing: number;
  /** What the model says of the block, if it was asked; `confidence` from 0.5 to 1. */
  verdict?: { right: boolean; confidence: number };
}

export interface Run {
  test: string;
  outcome: string;
  cut: string;
  /** From the test to the call `focus`, in which it probably went wrong; 0 for none. */
  way: Step[];
  focus: number;
  calls: Call[];
}

export interface Step {
  path: string;
  line: number;
  function: string;
}

export interface Call {
  id: number;
  code: number;
  how: string;
  arguments: Values;
  value: string;
  exception: string;
  visits: Visit[];
  loops: Loop[];
}

/** How often a loop ran in one pass through the loops around it, and which iterations are told. */
export interface Loop {
  header: number;
  count: number;
  told: number[];
  iteration: number[];
}

export interface Visit {
  block: number;
  iteration: number[];
  entry: Values;
  exit: Values;
  raised?: string;
  yielded?: string;
}

export type Values = { [name: string]: string };

/** What the view is told: a report, and the text that was run. */
export interface Shown {
  report: Report;
  lines: string[];
}

/** What the view asks for: lines to be shown in the editor, of the file that was followed or another. */
export interface Reveal {
  path?: string;
  line: number;
  end: number;
}
