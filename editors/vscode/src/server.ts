// The server's life as seen from here: found, started, told of settings, restarted.

import * as vscode from "vscode";
import {
  LanguageClient,
  RevealOutputChannelOn,
  State,
  type ClientCapabilities,
  type LanguageClientOptions,
  type StaticFeature,
} from "vscode-languageclient/node";
import { PrivateEnvironment } from "./environment";
import type { EndpointKey } from "./key";
import { named, onPath } from "./locate";
import { serverOptions } from "./options";
import type { Report } from "./trace/report";

/** The answer to `pilotfish/status`, as far as it is shown; see docs/protocol.md. */
export interface Status {
  engine: "starting" | "ready" | "restarting" | "failed";
  detail: string;
  paused: boolean;
  pausedFolders: string[];
  /** Why less comes than could, in a few words and in full, and what puts it right; empty where all works. */
  cause: string;
  why: string;
  remedy: "" | "restart" | "python" | "doctor" | "resume" | "settings" | "endpoint" | "model" | "log" | "trust";
  model?: string;
  modelState?: "unloaded" | "loading" | "loaded" | "missing";
  modelReason?: string;
  analysisReason?: string;
  residentBytes?: number;
}

/** What *Debug* is asked: a file, and a command of the test; an empty one stands for the tests that are found. */
export interface Order {
  uri: string;
  test: string;
}

/** One patch of a repair, as docs/protocol.md describes it. */
export interface Patch {
  index: number;
  title: string;
  verified: boolean;
  doubt: string;
  files: { uri: string; text: string; line: number }[];
}

/** What a repair answers. */
export interface Repaired {
  status: string;
  summary: string;
  details: string[];
  patches?: Patch[];
}

/** A repair of the file `uri` that has ended; `busy` says whether the person has gone on typing. */
export interface Found {
  uri: string;
  answer: Repaired;
  busy: () => boolean;
}

/** The server's command that runs a test and looks for a patch. */
export const REPAIR = "pilotfish.repair";

/** The server's commands that look for patches. */
const SEARCHES = [REPAIR, "pilotfish.implement", "pilotfish.optimize"];

/** The server's command that runs a test and follows it. */
export const DEBUG = "pilotfish.debug";

/** What this client has of Pilotfish's own; see docs/protocol.md. */
class OwnCapabilities implements StaticFeature {
  fillClientCapabilities(capabilities: ClientCapabilities): void {
    capabilities.experimental = { pilotfish: { statusNotification: true, traceView: true, repairPreview: true, withdrawals: true } };
  }
  initialize(): void {}
  getState(): { kind: "static" } {
    return { kind: "static" };
  }
  clear(): void {}
}

export class Server implements vscode.Disposable {
  readonly environment: PrivateEnvironment;
  private readonly changed = new vscode.EventEmitter<void>();
  /** The server was started, has stopped, or cannot be started. */
  readonly onDidChange = this.changed.event;
  private readonly told = new vscode.EventEmitter<Status>();
  /** The server says what state it is in. */
  readonly onDidChangeStatus = this.told.event;
  private readonly debugged = new vscode.EventEmitter<Report>();
  /** A lens or a command has followed a test. */
  readonly onDidDebug = this.debugged.event;
  private readonly repaired = new vscode.EventEmitter<Found>();
  /** A repair has ended with patches. */
  readonly onDidRepair = this.repaired.event;
  /** Why there is no server, where there is none. */
  problem: string | undefined;
  /** The program that was started. */
  program: string | undefined;
  private client: LanguageClient | undefined;
  private starting: Promise<void> | undefined;

  constructor(
    private readonly context: vscode.ExtensionContext,
    readonly log: vscode.LogOutputChannel,
    private readonly key: EndpointKey,
  ) {
    this.environment = new PrivateEnvironment(context, log);
  }

  get isRunning(): boolean {
    return this.client?.state === State.Running;
  }

  get isStarting(): boolean {
    return this.starting !== undefined;
  }

  /** Find the server and start it; where there is none, offer to install it. Never throws. */
  start(): Promise<void> {
    this.starting ??= this.tryToStart().finally(() => {
      this.starting = undefined;
      this.changed.fire();
    });
    this.changed.fire();
    return this.starting;
  }

  async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (client) {
      await client.dispose().catch((error: unknown) => this.log.warn(String(error)));
    }
    this.changed.fire();
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  dispose(): void {
    void this.stop();
    vscode.Disposable.from(this.changed, this.told, this.debugged, this.repaired).dispose();
  }

  status(): Promise<Status> {
    return this.request("pilotfish/status", {});
  }

  /** Ask the server. Throws if it does not run, or what it answers. */
  request<T>(method: string, params: object): Promise<T> {
    if (!this.client || !this.isRunning) {
      throw new Error(this.problem ?? "the server does not run");
    }
    return this.client.sendRequest<T>(method, params);
  }

  /** Run one of the server's commands. */
  execute<T>(command: string, ...args: unknown[]): Promise<T> {
    return this.request("workspace/executeCommand", { command, arguments: args });
  }

  /** Tell the server what the person has set. */
  async configure(): Promise<void> {
    if (this.client && this.isRunning) {
      const settings = { pilotfish: this.options() };
      await this.client.sendNotification("workspace/didChangeConfiguration", { settings });
    }
  }

  private options(): object {
    return serverOptions(this.context.extension, this.key.value);
  }

  private async tryToStart(): Promise<void> {
    try {
      this.problem = undefined;
      const program = await this.find();
      if (!program) {
        this.problem = "no server is installed";
        return;
      }
      this.program = program;
      this.client = this.makeClient(program);
      await this.client.start();
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
      this.log.error(this.problem);
      void this.complain(this.problem);
    }
  }

  private async complain(problem: string): Promise<void> {
    const choice = await vscode.window.showErrorMessage(`Pilotfish: ${problem}`, "Show Log", "Settings");
    if (choice === "Show Log") {
      this.log.show();
    } else if (choice === "Settings") {
      await vscode.commands.executeCommand("workbench.action.openSettings", "pilotfish.path");
    }
  }

  private async find(): Promise<string | undefined> {
    const setting = vscode.workspace.getConfiguration("pilotfish").get<string>("path") ?? "";
    if (setting) {
      return named(setting);
    }
    return (
      (await onPath("pilotfish")) ?? (await this.environment.find()) ?? (await this.environment.offer())
    );
  }

  private makeClient(program: string): LanguageClient {
    const options = (): object => this.options();
    const clientOptions: LanguageClientOptions = {
      documentSelector: [
        { scheme: "file", language: "python" },
        { scheme: "untitled", language: "python" },
      ],
      outputChannel: this.log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationOptions: options,
      synchronize: { configurationSection: "pilotfish" },
      middleware: {
        executeCommand: async (command, args, next) => {
          const typed = typing();
          const answer: unknown = await next(command, args);
          if (SEARCHES.includes(command) && (answer as Repaired | undefined)?.patches?.length) {
            const { uri } = (args as Order[])[0] as Order;
            this.repaired.fire({ uri, answer: answer as Repaired, busy: () => typing() !== typed });
          }
          if (command === DEBUG && answer) {
            this.debugged.fire(answer as Report);
          }
          return answer;
        },
        workspace: {
          didChangeConfiguration: () => this.configure(),
          configuration: (params, token, next) =>
            params.items.every((item) => item.section === "pilotfish")
              ? params.items.map(options)
              : next(params, token),
        },
      },
    };
    this.log.info(`starting ${program} serve`);
    const client = new LanguageClient(
      "pilotfish",
      "Pilotfish",
      // A neutral folder: the workspace's own must not decide what the server imports.
      { command: program, args: ["serve"], options: { cwd: this.context.extensionPath } },
      clientOptions,
    );
    client.registerFeature(new OwnCapabilities());
    client.onDidChangeState(() => this.changed.fire());
    client.onNotification("pilotfish/withdrawn", withdraw);
    client.onNotification("pilotfish/didChangeStatus", (status: Status) => this.told.fire(status));
    return client;
  }
}

/** Hide a suggestion that was shown unchecked and turned out to be wrong, and ask for another. */
async function withdraw({ uri }: { uri: string }): Promise<void> {
  if (vscode.window.activeTextEditor?.document.uri.toString() === vscode.Uri.parse(uri).toString()) {
    await vscode.commands.executeCommand("editor.action.inlineSuggest.hide");
    await vscode.commands.executeCommand("editor.action.inlineSuggest.trigger");
  }
}

/** Changes when the person types, or looks at another file. */
function typing(): string {
  const document = vscode.window.activeTextEditor?.document;
  return document?.uri.scheme === "file" ? `${document.uri.toString()} ${document.version}` : "";
}
