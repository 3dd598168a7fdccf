import * as z from "zod";
import { eventType } from "./catalogue.ts";

const since = "0.1.0";
const service = z.string().max(32).meta({ description: "slug of the service" });
const commandNumber = z.int().min(0).meta({ description: "number of the command in its session, from 0" });
const exitCode = z.int().min(0).max(255).meta({ description: "exit status" });
const duration = z.int().min(0).meta({ description: "how long it ran" });
const seconds = z.string().regex(/^\d+\.\d{3}$/);
const stored = {
  stored_as: z
    .string()
    .regex(/^\d{8}T\d{6}Z_[0-9a-f]{12}_[A-Za-z0-9._-]{1,100}$/)
    .meta({ description: "name in the artifacts folder" }),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .meta({ description: "of the bytes" }),
  size: z.int().min(0).meta({ description: "bytes" }),
};

/** Ways on which bytes reach the machine. */
export const captureMethods = [
  "scp",
  "sftp",
  "shell",
  "download",
  "http",
  "ftp",
  "tftp",
  "smb",
  "redis",
  "db",
  "mail",
  "build",
] as const;

/** Captured files; every service that takes one has these. `sid` is added inside a session. */
export const fileEvents = {
  file_captured: eventType(
    { description: "Bytes an attacker left were taken into custody.", since },
    {
      ...stored,
      orig_path: z.string().max(4_096).meta({ description: "the true name" }),
      method: z.enum(captureMethods).meta({ description: "how they came" }),
      mime: z.string().max(128).optional().meta({ description: "type by magic bytes" }),
      mode: z.string().max(16).optional().meta({ description: "permission bits, octal" }),
      mtime: z.int().optional().meta({ description: "seconds since 1970" }),
      ssh_user: z.string().max(256).optional().meta({ description: "account of the session" }),
      attribution: z
        .enum(["session", "pid-chain", "ss-only", "ss-ambiguous", "utmp-only", "unknown"])
        .optional()
        .meta({ description: "how the writer is known" }),
      writer_comm: z.string().max(64).optional().meta({ description: "program that wrote it" }),
      truncated: z.boolean().optional().meta({ description: "only the beginning was kept" }),
      meta_json_b64: z
        .string()
        .optional()
        .meta({ description: "captured_at, command line, parent command, origin url" }),
    },
  ),
  file_skipped: eventType(
    { description: "Bytes were seen but not kept.", since },
    {
      orig_path: z.string().max(4_096).meta({ description: "the true name" }),
      size: z.int().min(0).meta({ description: "bytes" }),
      reason: z.enum(["size", "quota", "disk", "rate"]).meta({ description: "why not" }),
      count: z.int().min(2).optional().meta({ description: "how many like it, summed" }),
    },
  ),
} as const;

/** Events of a recorded terminal, exec or file-transfer session. `sid` is added by the connection log. */
export const sessionEvents = {
  session_started: eventType(
    { description: "A client is logged in and uses the machine.", since },
    {
      service,
      kind: z.enum(["shell", "exec", "sftp", "subsystem"]).meta({ description: "what was asked for" }),
      user: z.string().max(256).meta({ description: "account" }),
      uid: z.int().min(0).optional().meta({ description: "its number" }),
      tty: z
        .union([z.literal(0), z.literal(1)])
        .optional()
        .meta({ description: "1 = on a terminal" }),
      term: z.string().max(64).optional().meta({ description: "terminal type" }),
      width: z.int().min(0).optional().meta({ description: "columns" }),
      height: z.int().min(0).optional().meta({ description: "rows" }),
      backend: z.enum(["machine", "container", "openssh"]).optional().meta({ description: "what answers" }),
      world: z.string().max(64).optional().meta({ description: "the attacker group's view of the machine" }),
    },
  ),
  command: eventType(
    { description: "A shell command, as typed.", since },
    {
      n: commandNumber,
      cmd: z.string().meta({ description: "as typed, at most 8 KiB" }),
      cmd_stored_as: z.string().optional().meta({ description: "where the whole of a longer one is" }),
      uid: z.int().min(0).meta({ description: "who ran it" }),
      user: z.string().max(256).meta({ description: "who ran it" }),
      cwd: z.string().max(4_096).meta({ description: "where" }),
      tty: z
        .union([z.literal(0), z.literal(1)])
        .optional()
        .meta({ description: "1 = on a terminal" }),
      channel: z.string().max(32).meta({ description: "shell, exec, or the service that ran it" }),
      exit_code: exitCode.optional(),
      duration_ms: duration.optional(),
      known: z.boolean().meta({ description: "false when no rule had an answer" }),
      generated: z.boolean().optional().meta({ description: "the answer was generated" }),
      parent: commandNumber.optional().meta({ description: "command whose script held this line" }),
    },
  ),
  command_ended: eventType(
    { description: "A command that ran for more than a second ended.", since },
    {
      n: commandNumber,
      exit_code: exitCode,
      duration_ms: duration,
      bytes_out: z.int().min(0).meta({ description: "bytes it wrote" }),
    },
  ),
  shell_input: eventType(
    { description: "Text typed into a running program.", since },
    {
      reader: z.string().max(64).meta({ description: "the program" }),
      prompt: z.string().max(512).meta({ description: "what it had asked" }),
      text: z.string().meta({ description: "what was typed, at most 4 KiB" }),
      secret_b64: z.string().max(2_048).optional().meta({ description: "when echo was off" }),
      secret_printable: z.string().max(512).optional().meta({ description: "when echo was off" }),
    },
  ),
  machine_change: eventType(
    { description: "The attacker changed something that lasts.", since },
    {
      kind: z
        .enum([
          "authorized_keys",
          "user",
          "password",
          "sudoers",
          "crontab",
          "unit",
          "rc",
          "profile",
          "hosts",
          "resolver",
          "preload",
          "module",
          "firewall",
          "log_wipe",
        ])
        .meta({ description: "what" }),
      path: z.string().max(4_096).meta({ description: "where" }),
      detail: z.string().max(2_048).meta({ description: "the change" }),
      effect: z.string().max(512).optional().meta({ description: "what it did later" }),
    },
  ),
  session_recorded: eventType(
    { description: "A session ended; its recording is complete.", since },
    {
      service,
      duration_s: seconds.meta({ description: "three decimals" }),
      bytes: z.int().min(0).meta({ description: "bytes recorded" }),
      truncated: z.boolean().meta({ description: "the recording stops before the session did" }),
      commands: z.int().min(0).optional().meta({ description: "commands typed" }),
      files: z.int().min(0).optional().meta({ description: "files captured" }),
      end: z
        .enum(["logout", "disconnect", "timeout", "killed", "limit"])
        .optional()
        .meta({ description: "why it ended" }),
    },
  ),
  session_skipped: eventType(
    { description: "A session ended without a recording.", since },
    {
      service,
      reason: z.enum(["disk_pressure", "shard_open_failed", "quota"]).meta({ description: "why not" }),
    },
  ),
  download_attempt: eventType(
    { description: "A command asked for something from elsewhere.", since },
    {
      url: z.string().meta({ description: "what" }),
      scheme: z.string().max(16).meta({ description: "of the address" }),
      host: z.string().max(255).meta({ description: "of the address" }),
      port: z.int().min(0).max(65_535).optional().meta({ description: "of the address" }),
      path: z.string().optional().meta({ description: "of the address" }),
      tool: z.string().max(64).meta({ description: "program or language" }),
      user_agent: z.string().max(512).optional().meta({ description: "as it would be sent" }),
      out: z.string().max(4_096).optional().meta({ description: "where it was to go" }),
      direction: z.literal("in").meta({ description: "towards the machine" }),
      result: z
        .enum(["filtered", "refused", "not_found", "fetched", "stand_in"])
        .meta({ description: "what the attacker saw" }),
      cmd_n: commandNumber.optional(),
    },
  ),
  url_seen: eventType(
    { description: "An address that was printed or decoded, not asked for.", since },
    { url: z.string().meta({ description: "the address" }), cmd_n: commandNumber.optional() },
  ),
  lateral_attempt: eventType(
    { description: "The attacker tried to go on to another machine.", since },
    {
      tool: z.string().max(64).meta({ description: "program" }),
      dst_host: z.string().max(255).meta({ description: "where to" }),
      dst_port: z.int().min(0).max(65_535).meta({ description: "where to" }),
      user: z.string().max(256).optional().meta({ description: "account given" }),
      secret_b64: z.string().max(2_048).optional().meta({ description: "when typed" }),
      secret_printable: z.string().max(512).optional().meta({ description: "when typed" }),
    },
  ),
  ...fileEvents,
} as const;
