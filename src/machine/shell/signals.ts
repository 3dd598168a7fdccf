const names =
  "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS".split(
    " ",
  );

export function signalNumber(text: string): number | undefined {
  if (/^\d+$/.test(text)) {
    const number = Number(text);
    return number <= 64 ? number : undefined;
  }
  const name = text.toUpperCase().replace(/^SIG/, "");
  if (name === "EXIT") return 0;
  const at = names.indexOf(name);
  return at < 0 ? undefined : at + 1;
}

export function signalName(number: number): string {
  return number === 0 ? "EXIT" : (names[number - 1] ?? String(number));
}

export const SIGNAL = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  KILL: 9,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  CHLD: 17,
  CONT: 18,
  STOP: 19,
  TSTP: 20,
  TTIN: 21,
  TTOU: 22,
  WINCH: 28,
} as const;

const ignoredByDefault = new Set<number>([SIGNAL.CHLD, SIGNAL.CONT, 23, SIGNAL.WINCH]);
const stopping = new Set<number>([SIGNAL.STOP, SIGNAL.TSTP, SIGNAL.TTIN, SIGNAL.TTOU]);

export function defaultAction(signal: number): "ignore" | "stop" | "terminate" {
  if (ignoredByDefault.has(signal)) return "ignore";
  return stopping.has(signal) ? "stop" : "terminate";
}

const descriptions: Readonly<Record<number, string>> = {
  1: "Hangup",
  2: "Interrupt",
  3: "Quit",
  4: "Illegal instruction",
  5: "Trace/breakpoint trap",
  6: "Aborted",
  7: "Bus error",
  8: "Floating point exception",
  9: "Killed",
  10: "User defined signal 1",
  11: "Segmentation fault",
  12: "User defined signal 2",
  13: "Broken pipe",
  14: "Alarm clock",
  15: "Terminated",
  24: "CPU time limit exceeded",
  25: "File size limit exceeded",
  31: "Bad system call",
};

/** As bash names it in job reports. */
export function signalDescription(signal: number): string {
  return descriptions[signal] ?? `Unknown signal ${signal}`;
}

/** `kill -l` of bash. */
export function signalTable(): string {
  const real = names.map((name, index) => [index + 1, `SIG${name}`] as const);
  const realtime: (readonly [number, string])[] = [];
  for (let number = 34; number <= 64; number++) {
    const name =
      number < 50
        ? `SIGRTMIN${number === 34 ? "" : `+${number - 34}`}`
        : `SIGRTMAX${number === 64 ? "" : `-${64 - number}`}`;
    realtime.push([number, name]);
  }
  const cells = [...real, ...realtime].map(([number, name]) => `${String(number).padStart(2)}) ${name}`);
  let out = "";
  for (let at = 0; at < cells.length; at += 5) out += `${cells.slice(at, at + 5).join("\t")}\n`;
  return out;
}
