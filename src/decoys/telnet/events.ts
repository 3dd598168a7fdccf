import * as z from "zod";
import { eventType } from "#events/catalogue.ts";
import { commonEvents, lifecycleEvents } from "#events/common-events.ts";
import { credentialFields } from "#events/credentials.ts";
import { sessionEvents } from "#events/session-events.ts";

const since = "0.1.0";

/** Events of the telnet decoy; those of its sessions are shared with every other shell. */
export const telnetEvents = {
  ...commonEvents,
  ...lifecycleEvents,
  ...sessionEvents,
  auth_attempt: eventType(
    { description: "A log-in attempt.", since },
    {
      ...credentialFields,
      username_b64: z.string().optional().meta({ description: "the name's bytes when they are no UTF-8" }),
    },
  ),
  login_noise: eventType(
    { description: "A loader's word for a shell, sent to the login prompt.", since },
    {
      text: z.string().max(1_024).meta({ description: "as typed" }),
      decoded: z.string().max(1_024).meta({ description: "in clear" }),
    },
  ),
  telnet_options: eventType(
    { description: "How the client negotiated.", since },
    {
      sequence: z.string().max(2_048).meta({ description: "its steps in order" }),
      term: z.string().max(64).optional().meta({ description: "terminal type" }),
      width: z.int().optional().meta({ description: "columns" }),
      height: z.int().optional().meta({ description: "rows" }),
    },
  ),
} as const;

export type TelnetEvents = typeof telnetEvents;
