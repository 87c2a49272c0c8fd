import type { TimelineEntry } from "@esteira/core/timeline/entry";
import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Refusal } from "../access/refusal.tsx";
import { accessQuery } from "../access/session.ts";
import { timelineClient } from "../api/timeline-client.ts";
import { useText } from "../i18n/use-text.tsx";
import { CheckIcon, WarnIcon } from "../shell/icons.tsx";
import { checkLinks } from "./chain-links.ts";
import classes from "./timeline.module.css";

/** What this browser finds of the chain by itself, and for admins the server's verification of all of it. */
export function ChainMark({ entries }: { entries: readonly TimelineEntry[] }) {
  const text = useText();
  const access = useQuery(accessQuery).data;
  const last = entries.at(-1)?.sequence;
  const links = useQuery({
    queryKey: ["chain-links", entries.length, last, entries.at(-1)?.previous],
    queryFn: () => checkLinks(entries, globalThis.crypto?.subtle),
  }).data;
  const verify = useMutation({ mutationFn: () => timelineClient.verify() });
  const mayVerify = access !== undefined && (!access.enabled || access.user?.isAdmin === true);
  const faults = verify.data === undefined ? undefined : verify.data.faultCount + verify.data.found.length;
  return (
    <div className={classes.mark}>
      {links === undefined ? null : links.state === "good" ? (
        <span className={classes.good} title={text.timeline.linksHint}>
          <CheckIcon size={14} /> {text.timeline.linksGood(links.count)}
        </span>
      ) : links.state === "bad" ? (
        <strong className={classes.bad} role="alert">
          <WarnIcon size={14} /> {text.timeline.linksBad(links.sequence)}
        </strong>
      ) : (
        <span className={classes.dim}>{text.timeline.linksUnchecked}</span>
      )}
      {faults === undefined ? null : (
        <strong className={faults === 0 ? classes.good : classes.bad} role="status">
          {faults === 0 ? <CheckIcon size={14} /> : <WarnIcon size={14} />}{" "}
          {faults === 0 ? text.timeline.sound : text.timeline.faults(faults)}
        </strong>
      )}
      {mayVerify ? (
        <Button
          variant="default"
          title={text.timeline.verifyHint}
          loading={verify.isPending}
          onClick={() => verify.mutate()}
        >
          {text.timeline.verify}
        </Button>
      ) : null}
      <Refusal error={verify.error} />
    </div>
  );
}
