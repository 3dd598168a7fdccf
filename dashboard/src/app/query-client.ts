import { QueryClient } from "@tanstack/react-query";
import { ApiProblem } from "../api/problem.ts";

const TRIES = 2;

/** What another try may cure: no answer, or the server says that it will pass. */
function isPassing(error: Error): boolean {
  if (!(error instanceof ApiProblem)) return false;
  const { status } = error.problem;
  return status === 0 || status === 502 || status === 503;
}

export function createQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5000,
        gcTime: 300_000,
        refetchOnWindowFocus: false,
        retry: (failures, error) => failures < TRIES && isPassing(error),
      },
    },
  });
}
