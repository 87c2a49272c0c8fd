import { STEPS, type Step } from "@esteira/core/entities/trusted-identity";
import { invalid } from "@esteira/core/errors";
import type { Client } from "@esteira/sdk/client";
import pc from "picocolors";
import { audienceOf } from "../ci/audience.ts";
import { type Command, type CommandOption, listed, text, texts, type Values } from "../command.ts";
import { trackingClient } from "../tracking.ts";

const MODEL: CommandOption = {
  flags: "-m, --model <name>",
  summary: "the registered model, made when absent",
  required: true,
};
const GITHUB = "https://token.actions.githubusercontent.com";

/** Identities of CIs, at the server of MLFLOW_TRACKING_URI. */
export const trust: readonly Command[] = [
  {
    name: "trust add",
    summary: "Let jobs of a CI take steps on a registered model, with the OIDC token of the job and no secret",
    arguments: [{ name: "name", summary: "how policies and the timeline call it" }],
    options: [
      MODEL,
      { flags: "--steps <list>", summary: `of ${STEPS.join(", ")}; a token is for one of them`, required: true },
      { flags: "--github <repository>", summary: "OWNER/REPOSITORY at GitHub" },
      { flags: "--gitlab <project>", summary: "GROUP/PROJECT at gitlab.com, or at the GitLab of --issuer" },
      { flags: "--branch <name>", summary: "jobs of this branch only" },
      { flags: "--environment <name>", summary: "jobs of this environment of the CI only" },
      { flags: "--issuer <url>", summary: "who signs the tokens of another CI, letter by letter as their iss" },
      {
        flags: "--claim <claim=text>",
        summary: "what a token must say, letter by letter, such as sub=https://jenkins.example/job/pix/",
        repeats: true,
      },
      { flags: "--audience <text>", summary: "the tokens' aud (default: MLFLOW_TRACKING_URI)" },
      {
        flags: "--experiments <names>",
        summary: "whose runs it may read, and train in, with commas between; made when absent",
      },
      { flags: "--reads <names>", summary: "experiments whose runs it may only read, such as those of the champion" },
      { flags: "--minutes <minutes>", summary: "how long a token for a step lives", default: "15" },
    ],
    async run(values, terminal) {
      const client = trackingClient(terminal);
      const identity = {
        name: text(values, "name") ?? "",
        model: text(values, "model") ?? "",
        ...shownBy(values),
        audience: audienceOf(values, terminal.env),
        steps: listed(text(values, "steps")).map(stepOf),
        experimentIds: await experimentIds(client, listed(text(values, "experiments"))),
        readOnlyExperimentIds: await experimentIds(client, listed(text(values, "reads"))),
        minutes: Number(text(values, "minutes")),
      };
      // A job may make neither a model nor an experiment, so both are made now.
      await client.registeredModels.ensure({ name: identity.model });
      const added = await client.trust.add(identity);
      terminal.out(`${pc.bold(added.name)} may ${added.steps.join(", ")} on ${added.model}, as ${added.issuer} says:`);
      for (const [claim, value] of [["aud", added.audience], ...Object.entries(added.claims)]) {
        terminal.out(`  ${claim} = ${value}`);
      }
      return 0;
    },
  },
  {
    name: "trust list",
    summary: "List the identities of CIs that are trusted",
    options: [{ ...MODEL, required: false, summary: "only those of this registered model" }],
    async run(values, terminal) {
      for (const one of await trackingClient(terminal).trust.list(text(values, "model"))) {
        const claims = Object.entries(one.claims).map(([claim, value]) => `${claim}=${value}`);
        terminal.out([pc.bold(one.name), one.model, one.steps.join(","), one.issuer, ...claims].join("  "));
      }
      return 0;
    },
  },
  {
    name: "trust remove",
    summary: "Trust an identity no more: its tokens end at once, and its evidence no longer counts",
    arguments: [{ name: "name", summary: "its name" }],
    options: [],
    async run(values, terminal) {
      const name = text(values, "name") ?? "";
      await trackingClient(terminal).trust.remove(name);
      terminal.out(`${pc.bold(name)} is trusted no more.`);
      return 0;
    },
  },
];

/** Issuer and claims, in the words of each CI. */
function shownBy(values: Values): { readonly issuer: string; readonly claims: Readonly<Record<string, string>> } {
  const [github, gitlab, branch, environment] = ["github", "gitlab", "branch", "environment"].map((name) =>
    text(values, name),
  );
  const given = text(values, "issuer");
  const more = Object.fromEntries(texts(values, "claim").map(claimOf));
  const place = environment === undefined ? {} : { environment };
  if (github !== undefined && gitlab !== undefined) throw invalid("Give --github or --gitlab, not both.");
  if (github !== undefined) {
    const ref = branch === undefined ? {} : { ref: `refs/heads/${branch}` };
    return { issuer: given ?? GITHUB, claims: { repository: github, ...ref, ...place, ...more } };
  }
  if (gitlab !== undefined) {
    const ref = branch === undefined ? {} : { ref: branch, ref_type: "branch" };
    return { issuer: given ?? "https://gitlab.com", claims: { project_path: gitlab, ...ref, ...place, ...more } };
  }
  if (branch !== undefined || environment !== undefined) {
    throw invalid("--branch and --environment are claims of GitHub and GitLab: say those of another CI with --claim.");
  }
  if (given === undefined) throw invalid("Say whose jobs are trusted: --github, --gitlab, or --issuer with --claim.");
  return { issuer: given, claims: more };
}

function claimOf(pair: string): readonly [string, string] {
  const equals = pair.indexOf("=");
  if (equals > 0 && equals < pair.length - 1) return [pair.slice(0, equals), pair.slice(equals + 1)];
  throw invalid(`--claim is '${pair}': write CLAIM=TEXT, such as repository=acme/pix.`);
}

function stepOf(name: string): Step {
  const step = STEPS.find((known) => known === name);
  if (step !== undefined) return step;
  throw invalid(`--steps holds '${name}': the steps are ${STEPS.join(", ")}.`);
}

async function experimentIds(client: Client, names: readonly string[]): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const name of names) ids.push(await client.experiments.ensure(name));
  return ids;
}
