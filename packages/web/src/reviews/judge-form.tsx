import { JUDGEMENTS, type Judgement, type Review } from "@esteira/core/entities/review";
import { Button, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Refusal } from "../access/refusal.tsx";
import { reviewClient } from "../api/review-client.ts";
import { useFormat, useText } from "../i18n/use-text.tsx";
import { forgetDraft, keepDraft, readDraft } from "../shell/drafts.ts";
import type { AlertViewProps } from "./alert-view.tsx";
import { refreshReviews } from "./review-queries.ts";
import classes from "./reviews.module.css";
import { REVIEW_KEYS, useReviewKeys } from "./use-review-keys.ts";

const KEY_OF = new Map(Object.entries(REVIEW_KEYS).map(([key, does]) => [does, key.toUpperCase()]));

/** What it is judged to be. Who looks at an older state of it is told what another has said, before anything is written over. */
export function JudgeForm({ name, review, onJudged }: AlertViewProps & { review: Review }) {
  const text = useText();
  const words = text.reviews;
  const queries = useQueryClient();
  const [seen, setSeen] = useState(review.revision);
  const [typology, setTypology] = useState(review.typology ?? "");
  const draftOf = `note of alert ${name} ${review.decisionId}`;
  const [note, setNote] = useState(readDraft(draftOf)?.text ?? review.note ?? "");
  const isCrossed = review.revision > seen;
  const judge = useMutation({
    mutationFn: (judgement: Judgement | undefined) =>
      reviewClient.judge(
        name,
        { decisionId: review.decisionId, revision: seen },
        {
          judgement,
          typology: judgement === "fraud" ? typology.trim() : undefined,
          note: judgement === undefined ? undefined : note.trim(),
        },
      ),
    onSuccess: (now, judgement) => {
      forgetDraft(draftOf);
      setSeen(now.revision);
      onJudged(review, judgement);
    },
    // Refused because another was quicker: what they said is shown.
    onSettled: () => refreshReviews(queries, name),
  });
  const rests = isCrossed || judge.isPending;
  useReviewKeys((key) => {
    const judgement = JUDGEMENTS.find((one) => one === key);
    if (judgement !== undefined && !rests) judge.mutate(judgement);
  });
  return (
    <section className={classes.judge} aria-label={words.judge}>
      {isCrossed ? (
        <Crossed review={review} onSeen={() => setSeen(review.revision)} />
      ) : (
        <Refusal error={judge.error} />
      )}
      <div className={classes.buttons}>
        {JUDGEMENTS.map((judgement) => (
          <Button
            key={judgement}
            variant="default"
            className={classes.verb ?? ""}
            data-judgement={judgement}
            aria-pressed={review.state === judgement}
            aria-keyshortcuts={KEY_OF.get(judgement)}
            disabled={rests}
            rightSection={<kbd>{KEY_OF.get(judgement)}</kbd>}
            onClick={() => judge.mutate(judgement)}
          >
            {words.verbs[judgement]}
          </Button>
        ))}
        {review.revision > 0 && JUDGEMENTS.some((one) => one === review.state) ? (
          <Button variant="subtle" color="gray" disabled={rests} onClick={() => judge.mutate(undefined)}>
            {words.putBackVerb}
          </Button>
        ) : null}
      </div>
      <div className={classes.fields}>
        <TextInput
          size="xs"
          label={words.typology}
          value={typology}
          maxLength={128}
          autoComplete="off"
          onChange={(event) => setTypology(event.currentTarget.value)}
        />
        <Textarea
          size="xs"
          label={words.note}
          value={note}
          maxLength={4000}
          autosize
          minRows={1}
          maxRows={8}
          onChange={(event) => {
            setNote(event.currentTarget.value);
            keepDraft(draftOf, { text: event.currentTarget.value, base: review.note ?? "" });
          }}
        />
      </div>
    </section>
  );
}

function Crossed({ review, onSeen }: { review: Review; onSeen(): void }) {
  const text = useText();
  const format = useFormat();
  const words = text.reviews;
  const { judgedBy = "–", judgedAt = 0, state } = review;
  return (
    <div className={classes.crossed} role="alert">
      <p>{words.crossed(judgedBy, words.states[state], format.time(judgedAt))}</p>
      <Button variant="default" onClick={onSeen}>
        {words.judgeAnyway}
      </Button>
    </div>
  );
}
