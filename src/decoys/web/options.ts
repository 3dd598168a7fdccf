import * as z from "zod";

/** Options that http and https share. */
export const webOptions = z.strictObject({
  server: z
    .enum(["auto", "nginx", "apache", "boa"])
    .default("auto")
    .meta({ description: "which product answers; auto = what fits the machine" }),
  fake_app: z
    .enum(["auto", "none", "wordpress", "intranet", "router"])
    .default("auto")
    .meta({ description: "which site it serves; none = the page of a fresh package" }),
  lures: z.coerce
    .boolean()
    .default(true)
    .meta({ description: "whether files with generated secrets lie around (`/.env`, `/.git/config`)" }),
});

export type WebOptions = z.output<typeof webOptions>;
