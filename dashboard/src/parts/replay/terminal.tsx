import { create, type Source } from "asciinema-player";
import "asciinema-player/dist/bundle/asciinema-player.css";
import { useEffect, useRef } from "react";
import type { CastHeader } from "./cast.ts";
import type { ReplayDriver } from "./driver.ts";
import { words } from "./words.ts";

interface TerminalProps {
  readonly driver: ReplayDriver;
  readonly header: CastHeader | undefined;
}

const silent = { log() {}, debug() {}, info() {}, warn() {}, error() {} };

/**
 * The emulator that draws a recording. Terminal bytes go nowhere else: titles, links, clipboard and
 * answer-back sequences end inside it, and it makes no sound.
 */
export function Terminal({ driver, header }: TerminalProps) {
  const box = useRef<HTMLDivElement>(null);
  const cols = header?.cols;
  const rows = header?.rows;
  useEffect(() => {
    const element = box.current;
    if (!element || cols === undefined || rows === undefined) return;
    // The player takes a function as its source, though its types do not say so: the function is the driver.
    const source = driver.asPlayerDriver as unknown as Source;
    const player = create(source, element, {
      cols,
      rows,
      fit: "both",
      controls: false,
      cursorMode: "steady",
      keystrokeOverlay: true,
      theme: "decnet",
      terminalFontFamily: '"JetBrains Mono", "DejaVu Sans Mono", ui-monospace, Menlo, Consolas, monospace',
      logger: silent,
    });
    element.querySelector(".ap-term-text")?.setAttribute("aria-label", words.terminal);
    element.querySelector(".ap-term-text")?.setAttribute("role", "img");
    return () => player.dispose();
  }, [driver, cols, rows]);
  return <div ref={box} className="replay-terminal" />;
}

/** What stands on the screen now, as text. */
export function screenText(root: HTMLElement | null): string {
  const lines = [...(root?.querySelectorAll(".ap-term-text .ap-line") ?? [])];
  return lines
    .map((line) => (line.textContent ?? "").trimEnd())
    .join("\n")
    .trimEnd();
}
