import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { signInSearch } from "./access/search.ts";
import { accessQuery } from "./access/session.ts";
import { queries } from "./api/query-client.ts";
import { chartsPageSearch } from "./charts/page-search.ts";
import { compareSearch } from "./compare/search.ts";
import { deploymentsSearch } from "./deployments/search.ts";
import { experimentsSearch } from "./experiments/search.ts";
import { modelSearch, modelsSearch, versionCompareSearch, versionSearch } from "./models/search.ts";
import { reviewsSearch } from "./reviews/search.ts";
import { runSearch } from "./run/search.ts";
import { runsSearch } from "./runs/search.ts";
import { NotFound } from "./shell/not-found.tsx";
import { Shell } from "./shell/shell.tsx";
import { thresholdSearch } from "./threshold/search.ts";

const SIGN_IN = "/sign-in";

// Routes live after "#" and have the shape of MLflow's own: links that MLflow's clients print open here, and a server
// needs no rule for them.
const root = createRootRoute({
  component: Shell,
  notFoundComponent: NotFound,
  beforeLoad: async ({ location }) => {
    if (location.pathname === SIGN_IN) return;
    // A server that does not answer is told by the page itself.
    const info = await queries.ensureQueryData(accessQuery).catch(() => undefined);
    if (info?.enabled !== true || info.user !== undefined) return;
    throw redirect({ to: SIGN_IN, search: { return_to: location.href }, replace: true });
  },
});

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/experiments", replace: true });
  },
});

const experiments = createRoute({
  getParentRoute: () => root,
  path: "/experiments",
  validateSearch: (search) => experimentsSearch().parse(search),
  component: lazyRouteComponent(() => import("./experiments/experiments-page.tsx"), "ExperimentsPage"),
});

const runs = createRoute({
  getParentRoute: () => root,
  path: "/experiments/$experimentId",
  validateSearch: (search) => runsSearch().parse(search),
  component: lazyRouteComponent(() => import("./runs/runs-page.tsx"), "RunsPage"),
});

const charts = createRoute({
  getParentRoute: () => root,
  path: "/experiments/$experimentId/charts",
  validateSearch: (search) => chartsPageSearch().parse(search),
  component: lazyRouteComponent(() => import("./charts/charts-page.tsx"), "ChartsPage"),
});

const run = createRoute({
  getParentRoute: () => root,
  path: "/experiments/$experimentId/runs/$runId",
  validateSearch: (search) => runSearch().parse(search),
  component: lazyRouteComponent(() => import("./run/run-page.tsx"), "RunPage"),
});

/** MLflow's addresses of a run's tabs. */
const runArtifacts = createRoute({
  getParentRoute: () => root,
  path: "/experiments/$experimentId/runs/$runId/artifacts/$",
  beforeLoad: ({ params: { experimentId, runId, _splat } }) => {
    throw redirect({
      to: "/experiments/$experimentId/runs/$runId",
      params: { experimentId, runId },
      search: { tab: "artifacts", path: _splat || undefined },
      replace: true,
    });
  },
});

const runCharts = createRoute({
  getParentRoute: () => root,
  path: "/experiments/$experimentId/runs/$runId/model-metrics",
  beforeLoad: ({ params }) => {
    throw redirect({
      to: "/experiments/$experimentId/runs/$runId",
      params,
      search: { tab: "charts" },
      replace: true,
    });
  },
});

const threshold = createRoute({
  getParentRoute: () => root,
  path: "/experiments/$experimentId/runs/$runId/threshold",
  validateSearch: (search) => thresholdSearch().parse(search),
  component: lazyRouteComponent(() => import("./threshold/threshold-page.tsx"), "ThresholdPage"),
});

const loggedModel = createRoute({
  getParentRoute: () => root,
  path: "/experiments/$experimentId/models/$modelId",
  component: lazyRouteComponent(() => import("./models/logged-model-page.tsx"), "LoggedModelPage"),
});

const compare = createRoute({
  getParentRoute: () => root,
  path: "/compare-runs",
  validateSearch: (search) => compareSearch().parse(search),
  component: lazyRouteComponent(() => import("./compare/compare-page.tsx"), "ComparePage"),
});

const models = createRoute({
  getParentRoute: () => root,
  path: "/models",
  validateSearch: (search) => modelsSearch().parse(search),
  component: lazyRouteComponent(() => import("./models/models-page.tsx"), "ModelsPage"),
});

const model = createRoute({
  getParentRoute: () => root,
  path: "/models/$name",
  validateSearch: (search) => modelSearch().parse(search),
  component: lazyRouteComponent(() => import("./models/model-page.tsx"), "ModelPage"),
});

const version = createRoute({
  getParentRoute: () => root,
  path: "/models/$name/versions/$version",
  validateSearch: (search) => versionSearch().parse(search),
  component: lazyRouteComponent(() => import("./models/version-page.tsx"), "VersionPage"),
});

const versionCompare = createRoute({
  getParentRoute: () => root,
  path: "/models/$name/compare",
  validateSearch: (search) => versionCompareSearch().parse(search),
  component: lazyRouteComponent(() => import("./models/version-compare-page.tsx"), "VersionComparePage"),
});

const reviews = createRoute({
  getParentRoute: () => root,
  path: "/models/$name/alerts",
  validateSearch: (search) => reviewsSearch().parse(search),
  component: lazyRouteComponent(() => import("./reviews/reviews-page.tsx"), "ReviewsPage"),
});

const deployments = createRoute({
  getParentRoute: () => root,
  path: "/deployments",
  validateSearch: (search) => deploymentsSearch().parse(search),
  component: lazyRouteComponent(() => import("./deployments/deployments-page.tsx"), "DeploymentsPage"),
});

const deployment = createRoute({
  getParentRoute: () => root,
  path: "/deployments/$name/$id",
  component: lazyRouteComponent(() => import("./deployments/deployment-page.tsx"), "DeploymentPage"),
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: SIGN_IN,
  validateSearch: (search) => signInSearch().parse(search),
  component: lazyRouteComponent(() => import("./access/sign-in-page.tsx"), "SignInPage"),
});

const account = createRoute({
  getParentRoute: () => root,
  path: "/account",
  component: lazyRouteComponent(() => import("./access/account-page.tsx"), "AccountPage"),
});

const people = createRoute({
  getParentRoute: () => root,
  path: "/people",
  component: lazyRouteComponent(() => import("./people/people-page.tsx"), "PeoplePage"),
});

const person = createRoute({
  getParentRoute: () => root,
  path: "/people/$username",
  component: lazyRouteComponent(() => import("./people/person-page.tsx"), "PersonPage"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    experiments,
    runs,
    charts,
    run,
    runArtifacts,
    runCharts,
    threshold,
    loggedModel,
    compare,
    models,
    model,
    version,
    versionCompare,
    reviews,
    deployments,
    deployment,
    signIn,
    account,
    people,
    person,
  ]),
  history: createHashHistory(),
  defaultPreload: "intent",
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
