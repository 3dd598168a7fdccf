import { CircleAlert, Inbox, RotateCw } from "lucide-react";
import { Component, type ReactNode, useEffect, useState } from "react";
import { ApiProblem, type ProblemText } from "../api/problem.ts";
import { Button } from "./button.tsx";
import "./states.css";
import { words } from "./words.ts";

const SKELETON_AFTER_MS = 150;

/** True once `active` has held for 150 ms, so that quick answers never flash a skeleton. */
function useSlow(active: boolean): boolean {
  const [isSlow, setSlow] = useState(false);
  useEffect(() => {
    if (!active) {
      setSlow(false);
      return;
    }
    const timer = setTimeout(() => setSlow(true), SKELETON_AFTER_MS);
    return () => clearTimeout(timer);
  }, [active]);
  return active && isSlow;
}

/** Grey lines in the shape of what will come; takes the same room before and after it appears. */
export function Skeleton({ lines = 4, height }: { readonly lines?: number; readonly height?: number }) {
  const isSlow = useSlow(true);
  return (
    <div className="skeleton" aria-busy="true" style={height ? { height } : undefined}>
      <span className="sr-only">{words.loading}</span>
      {Array.from({ length: lines }, (_, index) => (
        <div key={index} className={isSlow ? "skeleton-line" : "skeleton-line skeleton-early"} />
      ))}
    </div>
  );
}

interface EmptyProps {
  readonly title: string;
  readonly children?: ReactNode;
  readonly compact?: boolean;
}

/** Says why there is nothing and what to do about it. */
export function Empty({ title, children, compact = false }: EmptyProps) {
  return (
    <div className={compact ? "state state-compact" : "state"}>
      {compact ? null : <Inbox size={20} aria-hidden="true" />}
      <p className="state-title">{title}</p>
      {children ? <div className="state-body">{children}</div> : null}
    </div>
  );
}

interface FailureProps {
  readonly error: unknown;
  readonly onRetry?: (() => void) | undefined;
}

function problemOf(error: unknown): ProblemText {
  if (error instanceof ApiProblem) return error.problem;
  return { title: words.broken, detail: words.brokenDetail };
}

/** A problem of one panel: title, detail, code, reference, retry. */
export function Failure({ error, onRetry }: FailureProps) {
  const problem = problemOf(error);
  return (
    <div className="state state-failure" role="alert">
      <CircleAlert size={20} aria-hidden="true" />
      <p className="state-title">{problem.title}</p>
      <div className="state-body">
        {problem.detail ? <p>{problem.detail}</p> : null}
        {problem.errors?.map((each) => (
          <p key={each.pointer + each.message}>
            <span className="data">{each.pointer}</span> {each.message}
          </p>
        ))}
        {problem.retry_after ? <p>{words.waitSeconds(problem.retry_after)}</p> : null}
        <p className="faint small">
          {problem.code ? <span className="data">{problem.code}</span> : null}
          {problem.error_id ? <> · {words.errorId(problem.error_id)}</> : null}
        </p>
      </div>
      {onRetry ? (
        <Button onClick={onRetry} icon={<RotateCw size={14} aria-hidden="true" />}>
          {words.retry}
        </Button>
      ) : null}
    </div>
  );
}

interface BoundaryState {
  readonly error: Error | undefined;
}

/** Keeps a defect inside its panel. */
export class Boundary extends Component<{ readonly children: ReactNode }, BoundaryState> {
  override state: BoundaryState = { error: undefined };

  static getDerivedStateFromError(error: unknown): BoundaryState {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return <Failure error={error} onRetry={() => this.setState({ error: undefined })} />;
  }
}

interface QueryLike<T> {
  readonly data: T | undefined;
  readonly error: Error | null;
  readonly isFetching: boolean;
  readonly isPlaceholderData?: boolean;
  readonly refetch: () => unknown;
}

interface LoadedProps<T> {
  readonly query: QueryLike<T>;
  readonly children: (data: T) => ReactNode;
  readonly skeleton?: ReactNode;
}

/** Loading, failure or the data; old data stays, dimmed, while its successor is fetched. */
export function Loaded<T>({ query, children, skeleton }: LoadedProps<T>) {
  if (query.data !== undefined) {
    return (
      <div className={query.isPlaceholderData ? "loaded loaded-old" : "loaded"}>{children(query.data)}</div>
    );
  }
  if (query.error) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  return skeleton ?? <Skeleton />;
}
