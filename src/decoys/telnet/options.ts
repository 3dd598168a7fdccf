import * as z from "zod";

/** This service's options; accounts belong to the machine (`auth`), for every service alike. */
export const telnetOptions = z.strictObject({
  port: z.coerce
    .number()
    .int()
    .min(1)
    .max(65_535)
    .default(23)
    .meta({ description: "TCP port of the persona" }),
  daemon: z
    .enum(["inetutils", "busybox"])
    .optional()
    .meta({ description: "which telnet daemon answers; unset = the one of the persona's release" }),
  login_banner: z
    .string()
    .max(2_048)
    .optional()
    .meta({ description: "text before the first login prompt; unset = the daemon's own" }),
});

export type TelnetOptions = z.output<typeof telnetOptions>;

/** The one port that is bound. */
export const portOf = ({ port }: Readonly<TelnetOptions>) =>
  ({ port, proto: "tcp", purpose: "telnet" }) as const;
