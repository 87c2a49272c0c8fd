import { JUDGEMENTS, type Judgement, type Review, type ReviewList } from "@esteira/core/entities/review";
import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useRef } from "react";
import { baseUrl } from "../api/client.ts";
import { reviewClient } from "../api/review-client.ts";
import { useText } from "../i18n/use-text.tsx";
import { CodeBlock } from "../shell/code-block.tsx";
import { inShell } from "../shell/in-shell.ts";
import { notices } from "../shell/notice-store.ts";
import { Dim, Heading, Page } from "../shell/page.tsx";
import { Answer, Empty } from "../shell/states.tsx";
import { useTitle } from "../shell/use-title.ts";
import { AlertView } from "./alert-view.tsx";
import { Figures } from "./figures.tsx";
import { Filters } from "./filters.tsx";
import { neighbour } from "./neighbours.ts";
import { QueueList } from "./queue-list.tsx";
import { heldElsewhere, refreshReviews, reviewsQuery } from "./review-queries.ts";
import classes from "./reviews.module.css";
import type { ReviewsSearch } from "./search.ts";
import { useReviewKeys } from "./use-review-keys.ts";

const route = getRouteApi("/models/$name/alerts");

/** The alerts of a model, for the people who look at them one after the other. */
export function ReviewsPage() {
  const text = useText();
  const { name } = route.useParams();
  const search = route.useSearch();
  const query = useQuery(reviewsQuery(name, search));
  useTitle(`${text.reviews.title} · ${name}`);
  return (
    <Page>
      <Heading
        crumbs={[
          <Link key="all" to="/models">
            {text.models.title}
          </Link>,
          <Link key="model" to="/models/$name" params={{ name }}>
            {name}
          </Link>,
        ]}
        title={text.reviews.title}
      >
        <span className={classes.keys}>
          <Dim>{text.reviews.keysHint}</Dim>
        </span>
      </Heading>
      <Answer query={query}>
        {(list) => (list.queue === undefined ? <NothingYet name={name} /> : <Queue name={name} list={list} />)}
      </Answer>
    </Page>
  );
}

function NothingYet({ name }: { name: string }) {
  const text = useText();
  return (
    <Empty>
      <p>{text.reviews.none}</p>
      <CodeBlock
        code={`npx esteira monitor review --ledger ledger --model ${inShell(name)} --tracking-uri ${location.origin}${baseUrl}`}
      />
    </Empty>
  );
}

function Queue({ name, list }: { name: string; list: ReviewList }) {
  const text = useText();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const queries = useQueryClient();
  /** What this window judged last, until it is taken back. */
  const last = useRef<() => Promise<void>>(undefined);
  const { reviews, matching, queue } = list;
  const chosen = search.alert;
  const open = (alert: string | undefined) => void navigate({ search: (now) => ({ ...now, alert }) });
  const filter = (change: Partial<ReviewsSearch>) =>
    void navigate({ search: (now) => ({ ...now, ...change, alert: undefined }), replace: true });
  const isFree = (review: Pick<Review, "held">) => heldElsewhere(review, "") === undefined;
  const go = (way: "next" | "previous") => {
    const to = neighbour(reviews, chosen, way, isFree);
    if (to !== undefined) open(to);
  };
  const judged = (before: Review, judgement: Judgement | undefined) => {
    const undo = async () => {
      last.current = undefined;
      const was = JUDGEMENTS.find((one) => one === before.state);
      const seen = { decisionId: before.decisionId, revision: before.revision + 1 };
      await reviewClient.judge(name, seen, { judgement: was, typology: before.typology, note: before.note });
      await refreshReviews(queries, name);
      open(before.decisionId);
    };
    last.current = undo;
    const said = judgement === undefined ? text.reviews.putBack : text.reviews.states[judgement];
    notices.tell({ text: text.reviews.saved(said), undo });
    if (judgement !== undefined) go("next");
  };
  useReviewKeys((key) => {
    if (key === "next" || key === "previous") go(key);
    if (key === "undo")
      void last.current?.().catch((error: unknown) => notices.tell({ text: String(error), tone: "bad" }));
  });
  const currency = queue?.currency ?? "BRL";
  return (
    <>
      <div className={classes.head} data-open={chosen !== undefined}>
        <Figures list={list} />
        <Filters list={list} search={search} onChange={filter} />
      </div>
      <div className={classes.panes} data-open={chosen !== undefined}>
        <div className={classes.list}>
          {reviews.length === 0 ? (
            <Empty>
              {search.state === undefined && list.counts.states.waiting === 0
                ? text.reviews.nothingWaits
                : text.reviews.noMatch}
            </Empty>
          ) : (
            <QueueList reviews={reviews} currency={currency} chosen={chosen} onChoose={open} />
          )}
          {matching > reviews.length ? (
            <p className={classes.rest}>{text.reviews.firstOf(reviews.length, matching)}</p>
          ) : null}
        </div>
        <div className={classes.pane}>
          {chosen === undefined ? (
            <Empty>{text.reviews.choose}</Empty>
          ) : (
            <>
              <div className={classes.walk}>
                <Button variant="default" size="xs" className={classes.back ?? ""} onClick={() => open(undefined)}>
                  {text.reviews.toList}
                </Button>
                <Button variant="default" size="xs" rightSection={<kbd>K</kbd>} onClick={() => go("previous")}>
                  {text.reviews.previous}
                </Button>
                <Button variant="default" size="xs" rightSection={<kbd>J</kbd>} onClick={() => go("next")}>
                  {text.reviews.next}
                </Button>
              </div>
              <AlertView key={chosen} name={name} decisionId={chosen} currency={currency} onJudged={judged} />
            </>
          )}
        </div>
      </div>
    </>
  );
}
