import type { Run } from "@esteira/core/entities/run";
import { runId } from "@esteira/core/ids";
import { SIGNATURE_FILE, VERDICT_FILE, type Verdict } from "@esteira/core/reproduction";
import { Badge } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { artifactClient } from "../api/artifact-client.ts";
import { runClient } from "../api/run-client.ts";
import { useText } from "../i18n/use-text.tsx";
import badges from "../models/models.module.css";
import { Dim, Mono } from "../shell/page.tsx";
import { checkVerdict, type Reproduction, reproductionOf, shortened } from "./reproduction.ts";
import classes from "./run.module.css";

/** What a signed verdict says of a run, and what its signature proves; a tag alone proves nothing. */
export function ReproductionBadge({ run }: { run: Run }) {
  const text = useText();
  const reproduction = reproductionOf(run.info.runId, run.data.tags);
  const checked = useQuery({
    queryKey: ["reproduction", reproduction, run.data.tags],
    enabled: reproduction !== undefined,
    queryFn: () => (reproduction === undefined ? undefined : load(reproduction)),
  }).data;
  if (reproduction === undefined || checked === undefined) return null;
  if (checked.state === "invalid") return <Badge color="red">{text.reproduction.invalid}</Badge>;
  const { outcome, agreement, causes } = checked.verdict;
  const label = outcome === "differs" ? text.reproduction.differs : text.reproduction[agreement ?? "bitwise"];
  const isSigned = checked.state === "signed";
  const color = !isSigned ? "gray" : outcome === "differs" ? "red" : "green";
  return (
    <div>
      <span className={badges.badges}>
        <Badge color={color}>{label}</Badge>
        <Link
          to="/experiments/$experimentId/runs/$runId"
          params={{ experimentId: run.info.experimentId, runId: reproduction.by }}
          search={{ tab: "artifacts", path: VERDICT_FILE }}
        >
          {text.models.evidence}
        </Link>
      </span>
      {causes.length === 0 ? null : (
        <ul className={classes.causes}>
          {causes.map((cause) => (
            <li key={`${cause.kind} ${cause.text}`}>
              <Cause {...cause} />
            </li>
          ))}
        </ul>
      )}
      <div>
        <Dim>{isSigned ? text.reproduction.signed : text.reproduction.unchecked}</Dim> <Mono>{checked.keyId}</Mono>
      </div>
    </div>
  );
}

/** What these mean, they say alone: a verdict's own sentence is in one language. */
const ALONE = ["nondeterminism", "unexplained"];

function Cause({ kind, text: detail }: Verdict["causes"][number]) {
  const text = useText();
  const label = new Map(Object.entries(text.reproduction.causes)).get(kind) ?? kind;
  if (ALONE.includes(kind)) return label;
  return (
    <>
      {label} <Mono>{shortened(detail)}</Mono>
    </>
  );
}

async function load(reproduction: Reproduction) {
  const { artifactUri } = (await runClient.get(runId(reproduction.by))).info;
  const [bytes, signature] = await Promise.all([
    artifactClient.read(artifactUri, VERDICT_FILE),
    artifactClient.readText(artifactUri, SIGNATURE_FILE),
  ]).catch(() => [new Uint8Array(), ""] as const);
  return checkVerdict(new Uint8Array(bytes), signature, reproduction);
}
