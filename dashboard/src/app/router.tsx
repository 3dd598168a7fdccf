import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  retainSearchParams,
} from "@tanstack/react-router";
import { parseRange, type RangeSearch } from "../api/range.ts";
import { parseSearch, stringifySearch } from "../api/search-params.ts";
import { parseAttackerSearch } from "../pages/attacker/search.ts";
import { parseAttackersSearch } from "../pages/attackers/search.ts";
import { parseCredentialsSearch } from "../pages/credentials/search.ts";
import { parseLogsSearch } from "../pages/logs/search.ts";
import { parseOverviewSearch } from "../pages/overview/search.ts";
import { parseSessionSearch } from "../pages/session/search.ts";
import { parseSessionsSearch } from "../pages/sessions/search.ts";
import { Failure } from "../parts/states.tsx";
import { NotFound } from "./not-found.tsx";
import { Root } from "./root.tsx";

interface Context {
  readonly queries: QueryClient;
}

const root = createRootRouteWithContext<Context>()({
  validateSearch: (search: Record<string, unknown>): RangeSearch => parseRange(search),
  // The span stays chosen while a person walks from page to page.
  search: { middlewares: [retainSearchParams(["range", "from", "to"])] },
  component: Root,
  notFoundComponent: NotFound,
});

const overview = createRoute({
  getParentRoute: () => root,
  path: "/",
  validateSearch: parseOverviewSearch,
  component: lazyRouteComponent(() => import("../pages/overview/overview-page.tsx"), "OverviewPage"),
});

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  component: () => null,
});

const logs = createRoute({
  getParentRoute: () => root,
  path: "/logs",
  validateSearch: parseLogsSearch,
  component: lazyRouteComponent(() => import("../pages/logs/logs-page.tsx"), "LogsPage"),
});

const attackers = createRoute({
  getParentRoute: () => root,
  path: "/attackers",
  validateSearch: parseAttackersSearch,
  component: lazyRouteComponent(() => import("../pages/attackers/attackers-page.tsx"), "AttackersPage"),
});

const attacker = createRoute({
  getParentRoute: () => root,
  path: "/attackers/$id",
  validateSearch: parseAttackerSearch,
  component: lazyRouteComponent(() => import("../pages/attacker/attacker-page.tsx"), "AttackerPage"),
});

const sessions = createRoute({
  getParentRoute: () => root,
  path: "/sessions",
  validateSearch: parseSessionsSearch,
  component: lazyRouteComponent(() => import("../pages/sessions/sessions-page.tsx"), "SessionsPage"),
});

const session = createRoute({
  getParentRoute: () => root,
  path: "/sessions/$id",
  validateSearch: parseSessionSearch,
  component: lazyRouteComponent(() => import("../pages/session/session-page.tsx"), "SessionPage"),
});

const credentials = createRoute({
  getParentRoute: () => root,
  path: "/credentials",
  validateSearch: parseCredentialsSearch,
  component: lazyRouteComponent(() => import("../pages/credentials/credentials-page.tsx"), "CredentialsPage"),
});

const routeTree = root.addChildren([
  overview,
  login,
  logs,
  attackers,
  attacker,
  sessions,
  session,
  credentials,
]);

export function createAppRouter(queries: QueryClient) {
  return createRouter({
    routeTree,
    context: { queries },
    parseSearch,
    stringifySearch,
    defaultPreload: "intent",
    defaultPreloadDelay: 80,
    defaultErrorComponent: ({ error, reset }) => <Failure error={error} onRetry={reset} />,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
