// The server's life as seen from here: found, started, told of settings, restarted.

import * as vscode from "vscode";
import {
  LanguageClient,
  RevealOutputChannelOn,
  State,
  type LanguageClientOptions,
} from "vscode-languageclient/node";
import { PrivateEnvironment } from "./environment";
import { named, onPath } from "./locate";
import { serverOptions } from "./options";

/** The answer to `pilotfish/status`, as far as it is shown; see docs/protocol.md. */
export interface Status {
  engine: "starting" | "ready" | "restarting" | "failed";
  detail: string;
  paused: boolean;
  model?: string;
  modelState?: "unloaded" | "loading" | "loaded" | "missing";
  modelReason?: string;
  residentBytes?: number;
}

export class Server implements vscode.Disposable {
  readonly environment: PrivateEnvironment;
  private readonly changed = new vscode.EventEmitter<void>();
  /** The server was started, has stopped, or cannot be started. */
  readonly onDidChange = this.changed.event;
  /** Why there is no server, where there is none. */
  problem: string | undefined;
  /** The program that was started. */
  program: string | undefined;
  private client: LanguageClient | undefined;
  private starting: Promise<void> | undefined;

  constructor(
    private readonly context: vscode.ExtensionContext,
    readonly log: vscode.LogOutputChannel,
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
    this.changed.dispose();
  }

  status(): Promise<Status> {
    return this.request("pilotfish/status", {});
  }

  /** Ask the server. Throws if it does not run, or what it answers. */
  request<T>(method: string, params: object, token?: vscode.CancellationToken): Promise<T> {
    if (!this.client || !this.isRunning) {
      throw new Error(this.problem ?? "the server does not run");
    }
    // An absent token must not be passed on: it would count as a second parameter of the method.
    return token
      ? this.client.sendRequest<T>(method, params, token)
      : this.client.sendRequest<T>(method, params);
  }

  /** Run one of the server's commands. */
  execute<T>(command: string, ...args: unknown[]): Promise<T> {
    return this.request("workspace/executeCommand", { command, arguments: args });
  }

  /** Tell the server what the person has set. */
  async configure(): Promise<void> {
    if (this.client && this.isRunning) {
      const settings = { pilotfish: serverOptions(this.context.extension) };
      await this.client.sendNotification("workspace/didChangeConfiguration", { settings });
    }
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
    const options = (): object => serverOptions(this.context.extension);
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
    client.onDidChangeState(() => this.changed.fire());
    return client;
  }
}
