import { count } from "./count.ts";

export const common = {
  cancel: "Cancel",
  clear: "Clear",
  close: "Close",
  copied: "Copied",
  copy: "Copy",
  description: "Description",
  download: "Download",
  loading: "Loading…",
  loadMore: "Load more",
  name: "Name",
  none: "None",
  refresh: "Refresh",
  reset: "Reset",
  search: "Search",
  tags: "Tags",
  tryAgain: "Try again",
  value: "Value",
  moreNotShown: (n: number) => `${count(n, "more is", "more are")} not shown: search to narrow the list.`,
};

export const failure = {
  unreachable: "The server does not answer. Check that it is running, then try again.",
  absent: "This does not exist on the server. It may have been deleted, or the address may be wrong.",
  forbidden: "You may not see this. Ask whoever runs the server for access.",
  other: "The server could not answer.",
};
