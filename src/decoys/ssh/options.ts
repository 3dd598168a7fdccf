import * as z from "zod";
import { debianUpdates } from "./versions.ts";

/** This service's options; accounts belong to the machine (`auth`), for every service alike. */
export const sshOptions = z.strictObject({
  port: z.coerce
    .number()
    .int()
    .min(1)
    .max(65_535)
    .default(22)
    .meta({ description: "TCP port of the persona" }),
  version: z.enum(debianUpdates).optional().meta({
    description: "update level of OpenSSH 9.2p1 that the banner shows; unset = that of the machine's package",
  }),
  lists: z
    .enum(["stock", "hardened"])
    .default("stock")
    .meta({ description: "algorithm lists of the version, or what hardening guides leave of them" }),
  auth: z
    .enum(["publickey,password", "publickey"])
    .default("publickey,password")
    .meta({ description: "methods that a refused attempt names" }),
  banner_file: z
    .string()
    .max(8_192)
    .optional()
    .meta({ description: "text shown before the log-in, as sshd's Banner does" }),
});

export type SshOptions = z.output<typeof sshOptions>;

/** The one port that is bound. */
export const portOf = ({ port }: Readonly<SshOptions>) => ({ port, proto: "tcp", purpose: "SSH" }) as const;
