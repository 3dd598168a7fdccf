import { useEffect, useMemo, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { resolvedTheme, usePreferences, type Zone } from "../theme/preferences.ts";
import { absoluteText, axisText } from "./instants.ts";
import "./time-chart.css";
import { shortNumber } from "./units.ts";
import { words } from "./words.ts";

export interface TimeBar {
  /** Epoch ms of the interval's begin. */
  readonly at: number;
  readonly count: number;
}

interface TimeChartProps {
  readonly label: string;
  readonly bars: readonly TimeBar[];
  readonly from: number;
  readonly to: number;
  readonly stepMs: number;
  readonly height: number;
  /** Called with the span that was dragged over, epoch ms. */
  readonly onZoom?: (from: number, to: number) => void;
}

const LEAST_DRAG_PX = 6;

/** Fills the intervals that the server left out with zero, so that a quiet hour has its width. */
function fillBars(bars: readonly TimeBar[], from: number, to: number, stepMs: number): TimeBar[] {
  const counts = new Map(bars.map((bar) => [Math.floor(bar.at / stepMs), bar.count]));
  const first = Math.floor(from / stepMs);
  const last = Math.floor((to - 1) / stepMs);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => ({
    at: (first + index) * stepMs,
    count: counts.get(first + index) ?? 0,
  }));
}

/** Bars over time on a canvas; drag to zoom. The same numbers follow as a table. */
export function TimeChart({ label, bars, from, to, stepMs, height, onZoom }: TimeChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const tip = useRef<HTMLDivElement>(null);
  const { zone } = usePreferences();
  const theme = resolvedTheme();
  const filled = useMemo(() => fillBars(bars, from, to, stepMs), [bars, from, to, stepMs]);
  const zoom = useRef(onZoom);
  zoom.current = onZoom;
  const data = useMemo<uPlot.AlignedData>(
    // A bar stands over its interval: uPlot centres it, so its place is the middle.
    () => [filled.map((bar) => (bar.at + stepMs / 2) / 1000), filled.map((bar) => bar.count)],
    [filled, stepMs],
  );
  const latest = useRef({ data, filled });
  latest.current = { data, filled };

  useEffect(() => {
    const element = box.current;
    if (!element || typeof ResizeObserver === "undefined") return;
    const chart = new uPlot(
      options({ height, width: element.clientWidth, zone, canZoom: zoom.current !== undefined }),
      latest.current.data,
      element,
    );
    plot.current = chart;
    const resize = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height }));
    resize.observe(element);
    return () => {
      resize.disconnect();
      chart.destroy();
      plot.current = null;
    };

    function options(given: ChartGiven): uPlot.Options {
      return chartOptions(given, {
        onSelect: (begin, end) => zoom.current?.(begin, end),
        onHover: (index) => showTip(tip.current, latest.current.filled[index ?? -1], zone, stepMs),
      });
    }
    // The theme is among the reasons because the canvas takes its colours when it is made.
  }, [height, zone, theme, stepMs]);

  useEffect(() => plot.current?.setData(data), [data]);

  return (
    <figure className="chart" aria-label={label}>
      <div ref={box} className="chart-plot" style={{ height }} aria-hidden="true" />
      <div ref={tip} className="chart-tip" aria-hidden="true" />
      <details className="chart-table">
        <summary>{words.chartTable}</summary>
        <div className="chart-rows" tabIndex={0} role="region" aria-label={label}>
          <table>
            <thead>
              <tr>
                <th scope="col">{words.time}</th>
                <th scope="col">{words.events}</th>
              </tr>
            </thead>
            <tbody>
              {filled
                .filter((bar) => bar.count > 0)
                .map((bar) => (
                  <tr key={bar.at}>
                    <td className="data">{absoluteText(new Date(bar.at), zone)}</td>
                    <td className="num">{bar.count}</td>
                  </tr>
                ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}

const barPaths = (): Pick<uPlot.Series, "paths"> => {
  const paths = uPlot.paths.bars?.({ size: [0.82, 40], radius: 0.12 });
  return paths ? { paths } : {};
};

interface ChartGiven {
  readonly width: number;
  readonly height: number;
  readonly zone: Zone;
  readonly canZoom: boolean;
}

interface ChartHooks {
  readonly onSelect: (from: number, to: number) => void;
  readonly onHover: (index: number | null | undefined) => void;
}

function chartOptions({ width, height, zone, canZoom }: ChartGiven, hooks: ChartHooks): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const font = `11px ${color("--font-words")}`;
  return {
    width,
    height,
    padding: [8, 4, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: canZoom, y: false, setScale: false, dist: LEAST_DRAG_PX },
    },
    scales: { x: { time: true }, y: { range: (_, __, most) => [0, Math.max(4, most * 1.08)] } },
    series: [
      {},
      {
        fill: color("--chart"),
        width: 0,
        points: { show: false },
        ...barPaths(),
      },
    ],
    axes: [
      {
        stroke: color("--muted"),
        font,
        size: 26,
        space: 76,
        grid: { show: false },
        ticks: { show: false },
        values: (chart, splits) => {
          const span = ((chart.scales["x"]?.max ?? 0) - (chart.scales["x"]?.min ?? 0)) * 1000;
          return splits.map((split) => axisText(new Date(split * 1000), zone, span));
        },
      },
      {
        stroke: color("--muted"),
        font,
        size: 46,
        space: 34,
        incrs: [
          1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 1e7, 1e8,
        ],
        grid: { stroke: color("--line"), width: 1 },
        ticks: { show: false },
        values: (_, splits) => splits.map((split) => shortNumber(split)),
      },
    ],
    hooks: {
      setSelect: [
        (chart) => {
          const { left, width: wide } = chart.select;
          if (wide < LEAST_DRAG_PX) return;
          hooks.onSelect(chart.posToVal(left, "x") * 1000, chart.posToVal(left + wide, "x") * 1000);
          chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
      setCursor: [(chart) => hooks.onHover(chart.cursor.idx)],
    },
    tzDate: (seconds) =>
      zone === "utc" ? uPlot.tzDate(new Date(seconds * 1000), "UTC") : new Date(seconds * 1000),
  };
}

function showTip(tip: HTMLDivElement | null, bar: TimeBar | undefined, zone: Zone, stepMs: number): void {
  if (!tip) return;
  tip.textContent =
    bar === undefined
      ? ""
      : `${absoluteText(new Date(bar.at), zone)} + ${Math.round(stepMs / 60_000)} min: ${shortNumber(bar.count)}`;
}
