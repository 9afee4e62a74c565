// Bundles the extension, and the script of its trace view.
import { build } from "esbuild";

const common = { bundle: true, minify: true, sourcemap: false, legalComments: "none", logLevel: "warning" };
await build({
  ...common,
  entryPoints: ["src/extension.ts"],
  outfile: "dist/extension.js",
  platform: "node",
  target: "node20",
  format: "cjs",
  external: ["vscode"],
});
await build({
  ...common,
  entryPoints: ["src/trace/view.ts"],
  outfile: "dist/trace.js",
  platform: "browser",
  target: "es2022",
  format: "iife",
});
