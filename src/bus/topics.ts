/** Topics that this program publishes, with their payloads. Payload keys only get added. */
export interface Topics extends OutboxTopics {
  "system.log": LogAppended | BatchCommitted;
  "outbox.ready": { readonly lastSeq: number };
  [health: `system.${string}.health`]: WorkerHealth;
  [control: `system.${string}.control`]: WorkerControl;
  [ack: `system.${string}.control_ack`]: WorkerControlAck;
}

/** Each message is a row of the store's outbox, written with the fact; the relay publishes it. */
export interface OutboxTopics {
  "attacker.observed": AttackerObserved;
  "attacker.scored": AttackerScored;
  "attacker.session.started": SessionStarted;
  "attacker.session.ended": SessionEnded;
  "credential.captured": CredentialCaptured;
}

/** Once per attacker. */
export interface AttackerObserved {
  readonly attacker_uuid: string;
  readonly attacker_ip: string;
  readonly decky: string;
  readonly service: string;
  readonly event_type: string;
  /** RFC 3339, UTC. */
  readonly first_seen: string;
}

/** At most one per attacker and 5 s. */
export interface AttackerScored {
  readonly attacker_uuid: string;
  readonly attacker_ip: string;
  readonly event_count: number;
  readonly service_count: number;
  readonly decky_count: number;
  readonly bounty_count: number;
  readonly credential_count: number;
  readonly is_traversal: boolean;
  readonly behavior_class: string | null;
}

export interface SessionStarted {
  readonly session_id: string;
  readonly attacker_uuid: string;
  readonly attacker_ip: string;
  readonly decky_id: string;
  readonly service: string;
  readonly started_at: string;
  readonly user?: string;
}

export interface SessionCommand {
  readonly id: string;
  readonly command_text: string;
  readonly ts: string;
  readonly decky: string;
  readonly service: string;
  readonly uid?: string;
  readonly user?: string;
  readonly src?: string;
  readonly pwd?: string;
}

/** Once per session and revision; at most 1000 commands and 256 KiB, the rest is in the store. */
export interface SessionEnded {
  readonly session_id: string;
  readonly attacker_uuid: string;
  readonly attacker_ip: string;
  readonly decky_id: string;
  readonly service: string;
  readonly ended_at: string;
  readonly duration_s: number;
  readonly commands: readonly SessionCommand[];
  readonly shard_path: string | null;
  readonly end_reason: string;
  readonly revision: number;
  readonly commands_total: number;
  readonly commands_truncated?: true;
}

/** One per key and batch; never the secret. */
export interface CredentialCaptured {
  readonly secret_sha256: string;
  readonly secret_kind: string;
  readonly attacker_ip: string | null;
  readonly attacker_uuid: string | null;
  readonly decky: string;
  readonly service: string;
  readonly outcome: string | null;
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
