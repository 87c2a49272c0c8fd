/** The arrows of ARCHITECTURE.md: down only, no siblings. What a room may use is listed; all else is refused. */
const rooms = {
  core: [],
  store: ["core"],
  sdk: ["core"],
  models: ["core"],
  projects: ["core", "sdk"],
  deploy: ["core"],
  server: ["core", "store"],
  lifecycle: ["core", "store", "models", "sdk"],
  monitor: ["core", "models", "sdk", "lifecycle"],
  web: ["core", "sdk"],
  cli: ["core", "store", "sdk", "models", "projects", "deploy", "server", "lifecycle", "monitor", "web"],
};

const arrows = Object.entries(rooms).map(([room, allowed]) => ({
  name: `${room}-uses-only-what-is-below`,
  comment: `packages/${room} may use: ${allowed.join(", ") || "nothing of ours"}.`,
  severity: "error",
  from: { path: `^packages/${room}/` },
  to: {
    path: "^(packages/[^/]+|pix-fraud|tests|bench)/",
    pathNot: `^packages/(${[room, ...allowed].join("|")})/`,
  },
}));

module.exports = {
  forbidden: [
    ...arrows,
    {
      name: "pix-fraud-uses-public-packages",
      comment: "The flagship is a user of the packages: it reaches them through their exports only.",
      severity: "error",
      from: { path: "^pix-fraud/" },
      to: { path: "^(tests|bench)/" },
    },
    {
      name: "core-runs-everywhere",
      comment: "core runs in browsers too: no Node modules.",
      severity: "error",
      from: { path: "^packages/core/src/", pathNot: "\\.test\\.ts$" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "sdk-runs-in-browsers",
      comment: "Only sdk/src/node may use Node modules.",
      severity: "error",
      from: { path: "^packages/sdk/src/", pathNot: "(/node/|\\.test\\.ts$)" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "no-circles",
      comment: "Files that need only each other's types may name each other.",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    { name: "no-unresolved", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(dist|dist-web|node_modules)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["@esteira/source", "import", "node", "default"],
      extensions: [".ts", ".tsx", ".js", ".json", ".css"],
    },
  },
};
