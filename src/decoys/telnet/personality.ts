import { DO, WILL } from "./codec.ts";

export const OPTION = {
  BINARY: 0,
  ECHO: 1,
  SGA: 3,
  STATUS: 5,
  TM: 6,
  TTYPE: 24,
  NAWS: 31,
  TSPEED: 32,
  LFLOW: 33,
  LINEMODE: 34,
  XDISPLOC: 35,
  NEW_ENVIRON: 39,
} as const;

type Requests = readonly (readonly [number, number])[];

/** How one telnet daemon and the login behind it behave. */
export interface Personality {
  /** Sent at once. */
  readonly opening: Requests;
  /** True when the daemon waits for answers to its opening before it starts login. */
  readonly waits: boolean;
  /** Sent after those answers, before the banner. */
  readonly second: Requests;
  /** Options whose value is asked for with a subnegotiation. */
  readonly queries: ReadonlySet<number>;
  /** Options the daemon lets the client switch on. */
  readonly wants: ReadonlySet<number>;
  /** Options the daemon switches on when the client asks. */
  readonly grants: ReadonlySet<number>;
  /** False for daemons that ignore what they do not know. */
  readonly refuses: boolean;
  /** Answer to "are you there"; none for daemons that skip it. */
  readonly areYouThere: string | undefined;
  /** RFC 854's NUL behind a bare CR. */
  readonly bareCr: boolean;
  readonly login: LoginTexts;
}

export interface LoginTexts {
  readonly tries: number;
  readonly timeoutS: number;
  readonly incorrect: string;
  /** Said after the last try. */
  readonly tooMany: string;
  readonly timedOut: string;
  /** How long a refused password takes, milliseconds. */
  readonly failureMs: () => number;
}

const jitter = (base: number): number => base * (0.75 + Math.random() / 2);

/** shadow's login with Debian's login.defs and `pam_faildelay delay=3000000`. */
const shadowLogin: LoginTexts = {
  tries: 3,
  timeoutS: 60,
  incorrect: "\r\nLogin incorrect\r\n",
  tooMany: "Maximum number of tries exceeded (3)\r\n",
  timedOut: "\r\nLogin timed out after 60 seconds.\r\n",
  failureMs: () => jitter(3_000),
};

/** busybox's login: `LOGIN_FAIL_DELAY` 3, three tries, then it is gone without a word. */
const busyboxLogin: LoginTexts = {
  tries: 3,
  timeoutS: 60,
  incorrect: "\r\nLogin incorrect\r\n",
  tooMany: "",
  timedOut: "\r\nLogin timed out after 60 seconds\r\n",
  failureMs: () => 3_000 + Math.random() * 40,
};

const { BINARY, ECHO, SGA, STATUS, TM, TTYPE, NAWS, TSPEED, LFLOW, XDISPLOC, NEW_ENVIRON } = OPTION;

export const personalities = {
  /** networking/telnetd.c: one burst, then login; unknown options are skipped. */
  busybox: {
    opening: [
      [DO, ECHO],
      [DO, NAWS],
      [WILL, ECHO],
      [WILL, SGA],
    ],
    waits: false,
    second: [],
    queries: new Set(),
    wants: new Set([NAWS, ECHO]),
    grants: new Set([ECHO, SGA]),
    refuses: false,
    areYouThere: undefined,
    bareCr: false,
    login: busyboxLogin,
  },
  /** inetutils-telnetd, Debian's `telnetd`: asks for the terminal and waits, then sets up echo. */
  inetutils: {
    opening: [
      [DO, TTYPE],
      [DO, TSPEED],
      [DO, XDISPLOC],
      [DO, NEW_ENVIRON],
    ],
    waits: true,
    second: [
      [WILL, SGA],
      [DO, ECHO],
      [DO, NAWS],
      [WILL, STATUS],
      [DO, LFLOW],
      [WILL, ECHO],
    ],
    queries: new Set([TTYPE, TSPEED, XDISPLOC, NEW_ENVIRON]),
    wants: new Set([BINARY, TTYPE, NAWS, TSPEED, LFLOW, XDISPLOC, NEW_ENVIRON, SGA]),
    grants: new Set([BINARY, ECHO, SGA, STATUS, TM]),
    refuses: true,
    areYouThere: "\r\n[Yes]\r\n",
    bareCr: true,
    login: shadowLogin,
  },
} as const satisfies Record<string, Personality>;

export type PersonalityName = keyof typeof personalities;
