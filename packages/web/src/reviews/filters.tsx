import { REVIEW_ORDERS, REVIEW_STATES, type ReviewFacet, type ReviewList } from "@esteira/core/entities/review";
import { NativeSelect, NumberInput } from "@mantine/core";
import { useFormat, useText } from "../i18n/use-text.tsx";
import classes from "./reviews.module.css";
import type { ReviewsSearch } from "./search.ts";

const STATES = [...REVIEW_STATES, "all"] as const;

interface FiltersProps {
  readonly list: ReviewList;
  readonly search: ReviewsSearch;
  onChange(change: Partial<ReviewsSearch>): void;
}

/** Which alerts are shown, and in which order. */
export function Filters({ list: { counts, versions, reasons }, search, onChange }: FiltersProps) {
  const text = useText();
  const format = useFormat();
  const words = text.reviews;
  const of = (facets: readonly ReviewFacet[], chosen: string | undefined) => {
    const missing =
      chosen !== undefined && !facets.some(({ value }) => value === chosen) ? [{ value: chosen, count: 0 }] : [];
    return [
      { value: "", label: words.any },
      ...[...facets, ...missing].map(({ value, count }) => ({ value, label: `${value} (${format.number(count)})` })),
    ];
  };
  return (
    <div className={classes.filters}>
      <NativeSelect
        size="xs"
        label={words.state}
        value={search.state ?? "waiting"}
        data={STATES.map((state) => ({
          value: state,
          label: state === "all" ? words.all : `${words.states[state]} (${format.number(counts.states[state])})`,
        }))}
        onChange={({ currentTarget: { value } }) => {
          const state = STATES.find((one) => one === value);
          onChange({ state: state === "waiting" ? undefined : state });
        }}
      />
      <NativeSelect
        size="xs"
        label={words.order}
        value={search.order ?? "risk"}
        data={REVIEW_ORDERS.map((order) => ({ value: order, label: words.orders[order] }))}
        onChange={({ currentTarget: { value } }) => {
          const order = REVIEW_ORDERS.find((one) => one === value);
          onChange({ order: order === "risk" ? undefined : order });
        }}
      />
      <NativeSelect
        size="xs"
        label={words.strongest}
        value={search.reason ?? ""}
        data={of(reasons, search.reason)}
        onChange={({ currentTarget: { value } }) => onChange({ reason: value || undefined })}
      />
      <NativeSelect
        size="xs"
        label={text.models.version}
        value={search.version ?? ""}
        data={of(versions, search.version)}
        onChange={({ currentTarget: { value } }) => onChange({ version: value || undefined })}
      />
      <NumberInput
        size="xs"
        label={words.minAmount}
        value={search.from ?? ""}
        min={0}
        hideControls
        onChange={(value) => onChange({ from: typeof value === "number" && value > 0 ? value : undefined })}
      />
    </div>
  );
}
