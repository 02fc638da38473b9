// Types of akkasse.js. Times are milliseconds.

/** An event that was published. */
export interface PublishedEvent<T = string> {
  /** The event's type; `message` for one without. */
  readonly type: string;
  /** The data as text, or what `parse` made of it. */
  readonly data: T;
  /** The reader's position after this event: opaque, to be given back as it is. */
  readonly id: string;
  /** The publisher's own id, for removing duplicates; absent where it gave none, or where `id` is it. */
  readonly eid?: string;
}

/** A hole: events that this reader should have got and does not get. docs/guarantees.md says what to do. */
export interface Gap {
  readonly stream: string;
  /** The first and the last missing offset, both included; null where the hub does not know. */
  readonly from: number | null;
  readonly to: number | null;
  readonly epoch: string;
  readonly previousEpoch?: string;
  readonly reason: "trimmed" | "cleared" | "epoch-changed" | "unknown-id" | "lagged" | "conflated" | (string & {});
  readonly exact: boolean;
}

/** Why the hub ended a connection. `removed`, `replaced` and `not-found` end the subscription too. */
export type EndReason =
  | "removed" | "replaced" | "not-found"
  | "credential-expired" | "revoked"
  | "disconnected" | "shutdown" | "lifetime" | "slow-client" | "lease-lost" | "unavailable"
  | "client-in-use" | "limit" | "draining" | "ended"
  | (string & {});

/** The newest offset of a stream when a connection was opened or changed. */
export interface Head {
  readonly stream: string;
  readonly epoch: string;
  readonly head: number;
}

/** The hub's own events and their data. */
export interface HubEvents {
  "hub.open": { readonly client: string; readonly streams: readonly Head[] };
  "hub.gap": Gap;
  "hub.position": { readonly streams: readonly { readonly stream: string; readonly epoch: string; readonly offset: number }[] };
  "hub.subscriptions": { readonly streams: readonly Head[] };
  "hub.drain": { readonly retry: number };
  "hub.end": { readonly reason: EndReason };
  "hub.ping": { readonly timestamp: string };
}

/** One of the hub's own events. */
export interface HubEvent<K extends keyof HubEvents = keyof HubEvents> {
  readonly type: K;
  readonly data: HubEvents[K];
  readonly id: string;
}

/** What a subscription is about to do. */
export interface StateChange {
  /** `waiting`: the next attempt comes after `wait`. `closed`: no further attempt comes. */
  readonly state: SubscriptionState;
  readonly wait?: number;
  /** Why the hub ended the last connection, if it said so. */
  readonly reason?: EndReason | null;
  /** What went wrong; null for a proper end. */
  readonly error: HubError | null;
}

export type SubscriptionState = "connecting" | "open" | "waiting" | "closed";

/** A refusal by the hub, or a failure on the way to it. */
export class HubError extends Error {
  constructor(message: string, about?: { status?: number; code?: string; reason?: string; final?: boolean; wait?: number });
  /** The status of the answer, if there was one. */
  readonly status?: number;
  /** The hub's error code (docs/http-api.md), or `event-too-large`. */
  readonly code?: string;
  /** The reason of `hub.end`. */
  readonly reason?: EndReason;
  /** Whether another attempt would change nothing. A `ticket` or `headers` function that throws such an error ends the subscription. */
  readonly final: boolean;
  /** What `Retry-After` asked for. */
  readonly wait: number;
}

/** Whether this is asked because the last one was not accepted any more: then another one is wanted. */
export interface CredentialRequest {
  readonly isRenewed: boolean;
}

export type Handler<E> = (event: E) => void;

export interface SubscribeOptions<T = string> {
  /**
   * Where the hub is; relative to the page. Default "/". Without `streams`, `zones` and `client` it is the stream's own route, for
   * example one of `MapSseStream`, or `/v1/subscriptions/m/events`.
   */
  url?: string | URL;
  streams?: readonly string[];
  /** The first is the home zone. */
  zones?: readonly string[];
  /** The client id whose inbox is read. */
  client?: string;
  /** Only events of these types. */
  types?: readonly string[];
  /** Where to start without a position: `earliest`, `latest`, `last:N`, `offset:N`, a duration, a time. Default: now. */
  since?: string;
  /** Whether broadcasts come too. Default false. */
  broadcast?: boolean;

  /** A ticket, which stands in the URL. Asked when there is none, and once more when it is not accepted. See `ticketsFrom`. */
  ticket?: (request: CredentialRequest) => string | Promise<string>;
  /** Headers with the credential, for example `Authorization`. Asked as `ticket` is. They never stand in a URL. */
  headers?: (request: CredentialRequest) => Record<string, string> | Promise<Record<string, string>>;
  /** As of `fetch`. Default `same-origin`: a session's cookie goes to the page's own origin. */
  credentials?: RequestCredentials;

  /**
   * Whether one connection serves all tabs of this origin that subscribe to the same. A text keeps those apart that have not the same
   * text: with a credential of the page, give the user's name. Default: true without `ticket` and `headers`, else false.
   */
  share?: boolean | string;
  /** This file's own URL for the shared worker, where a bundler has changed it; false: no worker, one of the tabs leads. */
  worker?: string | URL | false;
  /** Whether the position is kept in sessionStorage, so that a reload resumes. Default true. */
  persist?: boolean;
  /** Tells the positions of two equal subscriptions of one page apart. */
  name?: string;

  /** Makes `data` of the text; events that it throws at are skipped and given to `onError`. */
  parse?: (data: string, type: string) => T;
  /** How many events wait for the iterator before the connection is no longer read. Default 256. */
  buffer?: number;
  /** Events with more bytes are skipped and reported as `event-too-large`. Default 2 MiB. */
  maxEventBytes?: number;
  /** A connection that says nothing for so long is lost. Above the hub's heartbeat of 15 s; default 45 000. */
  silence?: number;
  signal?: AbortSignal;
  /** Handlers of published events by type; `*` gets all. */
  on?: { readonly [type: string]: Handler<PublishedEvent<NoInfer<T>>> };
  /** Handlers of the hub's own events. Give one for `hub.gap` where a hole matters: without it a gap is a warning on the console. */
  onHub?: { readonly [K in keyof HubEvents]?: Handler<HubEvent<K>> };
  onState?: (change: StateChange) => void;
  /** What a handler or `parse` threw, and events that were too large. Default: `reportError`. */
  onError?: (error: unknown) => void;
}

/** A subscription: it reconnects until it is closed or the hub ends it. Iterating it gives the events and the gaps. */
export interface Subscription<T = string> extends AsyncIterable<PublishedEvent<T> | HubEvent<"hub.gap">> {
  readonly state: SubscriptionState;
  /** Resolves when it has ended: with null after `close()`, else with the reason. It never rejects. */
  readonly closed: Promise<HubError | null>;
  /** Adds a handler; the function that is returned takes it away. */
  on<K extends keyof HubEvents>(type: K, handler: Handler<HubEvent<K>>): () => void;
  on(type: string, handler: Handler<PublishedEvent<T>>): () => void;
  close(): void;
}

export function subscribe(options: SubscribeOptions<string> & { parse?: undefined }): Subscription<string>;
export function subscribe<T>(options: SubscribeOptions<T> & { parse: (data: string, type: string) => T }): Subscription<T>;

/** Tells the gaps from the events of an iterator. */
export function isGap(event: { readonly type: string }): event is HubEvent<"hub.gap">;

/** A `ticket` function that asks the hub (`POST /v1/tickets`): with the headers of the page, or with its session's cookie. */
export function ticketsFrom(url: string | URL, options?: {
  headers?: () => Record<string, string> | Promise<Record<string, string>>;
  credentials?: RequestCredentials;
}): () => Promise<string>;

/** Splits the bytes of an event stream into events (HTML standard, 9.2), for programs that read one by themselves. */
export class EventParser {
  constructor(give: (event: PublishedEvent<string | null>) => void, maxBytes?: number, id?: string);
  /** The last event id. */
  readonly id: string;
  /** The reconnection time that the stream asked for. */
  readonly retry: number | null;
  push(bytes: Uint8Array): void;
}
