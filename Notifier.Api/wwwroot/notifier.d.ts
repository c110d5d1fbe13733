/** Follows topics of a Notifier service, and sends to them. The defaults stand beside each option. */
export function connect(options?: Options): Connection;

export interface Options {
  /** Address of the service. Default "/", the page's own. */
  url?: string;
  /** "room:general", "user:me", "all"; "room:general@<id>" goes on after that event. Default none: `join` them later. */
  topics?: string[];
  /** A token that never changes. Without any, the cookie of POST /api/session, or in Development a guest. */
  token?: string;
  /** Gives a token: asked at first, and again whenever the last one ran out or was refused. */
  getToken?: () => string | undefined | Promise<string | undefined>;
  /** More query parameters of every request, like `{as: "ada"}` in Development. */
  query?: Record<string, string>;
  /** For a service at another origin that takes cookies: "include". Default "same-origin". */
  credentials?: RequestCredentials;
  /** The event types to hear. Default all. */
  types?: string[];
  /** false: listen without being listed as present. Default true. */
  presence?: boolean;
  /** false: leave out the events that this window sent; the user's other windows show all the same. Default true. */
  echo?: boolean;
  /** Tabs that ask for the same share one stream; a string names whose it is; false: a stream for this tab. Default true. */
  share?: boolean | string;
  /** A tab that is hidden for so long lets its stream go until it is seen again. Default 300000; Infinity: never. */
  pauseAfterMs?: number;
  /** How often a command or a query is tried before its Problem is thrown. Default 5, over about 7 seconds. */
  attempts?: number;
  onEvent?: (event: NotifierEvent) => void;
  onState?: (state: State) => void;
  /** Events are missing here: they are no longer held, or the log began anew. */
  onGap?: (gap: { topic: string; after: string; first: string | null; reason: "trimmed" | "reset" }) => void;
  onPresence?: (room: Members & { topic: string; joined: User[]; left: User[] }) => void;
  /** Who types now, oneself left out. */
  onTyping?: (room: { topic: string; users: User[] }) => void;
  onWelcome?: (welcome: Record<string, unknown>) => void;
  /** Every failed attempt, also where it is tried again; `topics` where these were refused. */
  onError?: (problem: Problem & { topics?: string[] }) => void;
}

export interface User { id: string; name?: string }

/** `users` is missing in a room that is too large to list. */
export interface Members { count: number; users?: User[] }

export interface NotifierEvent<Data = any> {
  /** Missing where the event is not stored. */
  id?: string;
  topic: string;
  type: string;
  at: string;
  from: User;
  via?: User;
  data: Data;
  clientMessageId?: string;
  commandId?: string;
}

export type State =
  | { status: "connecting" }
  | { status: "open"; connection: string; instance: string; user: User; isLeader: boolean }
  | { status: "waiting"; waitMs: number; problem?: Problem; reason: "ended" | "network" | "silence" | "refused" | "draining" | "full" | "too-many-streams" | "store" | "no topics" }
  | { status: "paused"; reason: "page" | "sleep" }
  | { status: "closed"; reason: "page" | "token" | "revoked" | "refused"; problem?: Problem };

export interface Acknowledgement { status: number; id: string; topic: string; type: string; at: string }
export interface Page { events: NotifierEvent[]; before: string | null; after: string | null }
export interface CommandOptions { key?: string; ifMatch?: string; attempts?: number; signal?: AbortSignal }
export interface MessageOptions extends CommandOptions { data?: object; clientMessageId?: string }

export class Connection {
  constructor(options: Options);
  readonly state: State;
  readonly user?: User;
  readonly topics: string[];
  readonly isLeader: boolean;

  join(topic: string): Promise<boolean>;
  leave(topic: string): void;
  pause(): void;
  resume(): void;
  close(): void;

  send(room: string, text: string, options?: MessageOptions): Promise<Acknowledgement>;
  sendEvent(room: string, type: string, data: unknown, options?: CommandOptions & { ephemeral?: boolean; clientMessageId?: string }): Promise<Acknowledgement>;
  sendPrivate(user: string, text: string, options?: MessageOptions): Promise<Acknowledgement>;
  completeLesson(trackId: string, lessonId: string, options?: CommandOptions & { userId?: string }): Promise<Acknowledgement>;
  markRead(upTo: string, options?: CommandOptions): Promise<void>;
  typing(room: string, isTyping?: boolean): void;

  history(room: string, query?: { before?: string; after?: string; limit?: number; types?: string }): Promise<Page>;
  inbox(query?: { unread?: boolean; limit?: number }): Promise<{ events: NotifierEvent[]; unread: number; readUpTo: string | null }>;
  progress(trackId: string): Promise<{ trackId: string; learners: { userId: string; completed: string[]; updatedAt: string }[] }>;
  rooms(): Promise<{ rooms: { room: string; count: number }[] }>;
  command(path: string, body?: object, options?: CommandOptions): Promise<any>;
  query(path: string, query?: object, options?: { attempts?: number; signal?: AbortSignal }): Promise<any>;
}

/** What the service said was wrong (RFC 9457). `status` 0: no answer at all. */
export class Problem extends Error {
  constructor(detail: string, options?: { status?: number; errors?: Record<string, string[]>; retryAfterMs?: number; cause?: unknown });
  status: number;
  errors: Record<string, string[]>;
  retryAfterMs: number;
}

export function withPresence(members: Members | undefined, event: { count: number; joined?: User[]; left?: User[] }): Members;

export class EventStreamParser {
  constructor(onBlock: (block: { id: string; type?: string; data?: string }) => void, onRetry?: (ms: number) => void, id?: string);
  push(bytes: Uint8Array): void;
}
