/** Topics that this program publishes, with their payloads. Payload keys only get added. */
export interface Topics {
  "system.log": LogAppended | BatchCommitted;
  "outbox.ready": { readonly lastSeq: number };
  [health: `system.${string}.health`]: WorkerHealth;
  [control: `system.${string}.control`]: WorkerControl;
  [ack: `system.${string}.control_ack`]: WorkerControlAck;
}

/** From the collector, one per flush. */
export interface LogAppended {
  readonly component: string;
  readonly appended: number;
  readonly rejected: number;
  readonly suppressed: number;
  readonly deckies: readonly string[];
}

/** From the ingester, one per committed batch. */
export interface BatchCommitted {
  readonly component: string;
  readonly flushed: number;
  readonly last_seq: number;
}

export interface WorkerHealth {
  readonly worker: string;
  readonly ts: number;
  readonly instance: string;
  readonly host: string;
  readonly pid: number;
  readonly state: string;
  readonly since: number;
  readonly uptime_s: number;
  readonly restarts: number;
  readonly last_error?: { readonly code: string; readonly message: string; readonly at: number };
  readonly [extra: string]: unknown;
}

export interface WorkerControl {
  readonly action: "stop" | "start" | "restart";
  readonly request_id: string;
  readonly requested_by: string;
}

export interface WorkerControlAck {
  readonly request_id: string;
  readonly instance: string;
  readonly accepted: boolean;
  readonly state: string;
  readonly why_not?: string;
}
