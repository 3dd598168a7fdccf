import { act, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ApiProblem } from "../api/problem.ts";
import { Boundary, Empty, Failure, Loaded, Skeleton } from "./states.tsx";

const query = <T,>(part: { data?: T; error?: Error; isPlaceholderData?: boolean }) => ({
  data: part.data,
  error: part.error ?? null,
  isFetching: false,
  isPlaceholderData: part.isPlaceholderData ?? false,
  refetch: () => {},
});

describe("states of a panel", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("a skeleton keeps its room at once and is seen after 150 ms", () => {
    const { container } = render(<Skeleton lines={3} />);
    expect(container.querySelectorAll(".skeleton-early")).toHaveLength(3);
    act(() => void vi.advanceTimersByTime(150));
    expect(container.querySelectorAll(".skeleton-early")).toHaveLength(0);
  });

  test("a problem shows title, detail, code, reference and a way to try again", () => {
    const retry = vi.fn<() => void>();
    const problem = new ApiProblem({
      title: "The query took too long",
      detail: "Narrow the time span.",
      code: "query_timeout",
      error_id: "e-17",
      retry_after: 4,
    });
    render(<Failure error={problem} onRetry={retry} />);
    const alert = screen.getByRole("alert").textContent;
    for (const part of [
      "The query took too long",
      "Narrow the time span.",
      "query_timeout",
      "e-17",
      "Wait 4 s",
    ])
      expect(alert).toContain(part);
    fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(retry).toHaveBeenCalledOnce();
  });

  test("old data stays, dimmed, while its successor comes, even if that fails", () => {
    const { container } = render(
      <Loaded query={query({ data: "rows", error: new Error("x"), isPlaceholderData: true })}>
        {(data) => <p>{data}</p>}
      </Loaded>,
    );
    expect(screen.getByText("rows")).toBeDefined();
    expect(container.querySelector(".loaded-old")).not.toBeNull();
  });

  test("a defect stays in its panel", () => {
    const silent = vi.spyOn(console, "error").mockImplementation(() => {});
    const Broken = () => {
      throw new Error("defect");
    };
    render(
      <div>
        <p>neighbour</p>
        <Boundary>
          <Broken />
        </Boundary>
      </div>,
    );
    expect(screen.getByText("neighbour")).toBeDefined();
    expect(screen.getByText("This panel broke")).toBeDefined();
    silent.mockRestore();
  });

  test("an empty state says why and what to do", () => {
    render(
      <Empty title="Nobody is here">
        <p>Visit a decky.</p>
      </Empty>,
    );
    expect(screen.getByText("Nobody is here")).toBeDefined();
    expect(screen.getByText("Visit a decky.")).toBeDefined();
  });
});
