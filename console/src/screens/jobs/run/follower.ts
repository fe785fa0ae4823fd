import type { Schemas } from "../../../api/client";

export type Job = Schemas["Job"];
export type JobEvent = Schemas["JobEvent"];

/** How the live updates stand: `ended` when the server has told everything there is to tell. */
export type Connection = "connecting" | "live" | "lost" | "ended";

/** A range of places in the frozen list, both ends within; undefined where any may have been touched. */
export type Touched = readonly (readonly number[])[] | undefined;

/** One opened stream of events. */
export interface Stream {
  readonly close: () => void;
}

export interface StreamListener {
  readonly onOpen: () => void;
  readonly onJob: (event: JobEvent) => void;
  /** What came before is no longer kept: only a new reading of the job helps. */
  readonly onReset: () => void;
  readonly onEnd: () => void;
  readonly onError: () => void;
}

interface World {
  /** Opens the stream of what came after the event of this number. */
  readonly open: (after: number, listener: StreamListener) => Stream;
  /** Asks for a new reading of the job, which comes back through `snapshot`; ends when it came or could not be had. */
  readonly reload: () => Promise<unknown>;
  readonly onChange: (job: Job, connection: Connection) => void;
  readonly onTouched: (touched: Touched) => void;
}

/** Waits between tries to connect, in ms; the last one for all further ones. */
const WAITS = [1_000, 2_000, 4_000, 8_000, 15_000];

/** What happened to a job since it was read; "gap" when something between the two is missing. */
export function apply(job: Job, event: JobEvent): Job | "gap" {
  if (event.last <= job.event) return job;
  if (event.first > job.event + 1) return "gap";
  return { ...job, ...liveOf(event), event: event.last };
}

/** Two events as one; where something between them is missing only the newer one is of use. */
export function merge(before: JobEvent, event: JobEvent): JobEvent {
  if (event.last <= before.last) return before;
  if (event.first > before.last + 1) return event;
  return { ...event, first: Math.min(before.first, event.first), touched: null };
}

/** What events tell; what is absent in one is absent then. */
function liveOf({ status, counters, openBatch, gauge, reason }: Job | JobEvent) {
  return { status, counters, openBatch: openBatch ?? null, gauge: gauge ?? null, reason: reason ?? null };
}

/**
 * Follows one job: a reading of it, and the numbered events after that. Nothing is counted here: numbers come from the
 * server with the number of the event they hold at, one is only shown after the one before it, and where something is
 * missing the job is read again. So neither a sleeping computer nor a server that was started again makes a gap.
 */
export class Follower {
  #job: Job | undefined;
  #stream: Stream | undefined;
  #connection: Connection = "connecting";
  /** What came before the reading that it follows, as one event. */
  #early: JobEvent | undefined;
  /** A reading that is to close a gap is under way. */
  #reading = false;
  /** The next reading counts even if its number is smaller: the server's numbers began anew. */
  #trustNext = false;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly world: World) {}

  /** A reading of the job. The first one begins to follow. */
  snapshot(read: Job): void {
    const known = this.#job;
    if (!known || this.#trustNext || read.event >= known.event) {
      this.#job = read;
    } else {
      // It was read before what is already shown: only what events do not tell is newer.
      this.#job = { ...read, ...liveOf(known), event: known.event };
    }
    if (known && read.event > known.event) this.world.onTouched(undefined);
    const early = this.#early;
    this.#early = undefined;
    this.#reading = false;
    if (early) this.#receive(early);
    this.#tell();
    if (this.#trustNext) {
      // The stream that waits for its time, or was opened since, follows another count.
      this.#trustNext = false;
      this.#failures = 0;
      this.connect();
    } else if (!this.#stream && !this.#timer && this.#connection !== "ended") {
      this.connect();
    }
  }

  /** Connects anew from the last event that is known: after sleep nobody says that the old connection is dead. */
  connect(): void {
    if (!this.#job) return;
    this.pause();
    this.#set(this.#failures > 0 ? "lost" : "connecting");
    const listener = (act: () => void) => () => {
      if (this.#stream !== stream) return;
      this.heardAt = Date.now();
      act();
    };
    const stream: Stream = this.world.open(this.#job.event, {
      onOpen: listener(() => {
        // After a reset there is nothing to follow until the job was read.
        if (this.#trustNext) return;
        this.#failures = 0;
        this.#set("live");
      }),
      onJob: (event) => listener(() => this.#receive(event))(),
      onReset: listener(() => {
        this.#trustNext = true;
        this.#early = undefined;
        this.world.onTouched(undefined);
        this.#lose();
        void this.world.reload();
      }),
      onEnd: listener(() => {
        this.pause();
        this.#set("ended");
        // The end, and what may be done now, are not in the events.
        void this.world.reload();
      }),
      onError: listener(() => this.#lose()),
    });
    this.#stream = stream;
  }

  /** Nothing comes any more: tries again after a while, which is longer each time. */
  #lose(): void {
    this.pause();
    this.#failures += 1;
    this.#set("lost");
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.connect();
        // Says what is wrong, if it is not only the connection; and shows something until it is back.
        void this.world.reload();
      },
      WAITS[Math.min(this.#failures, WAITS.length) - 1],
    );
  }

  /** Closes the stream; `connect` goes on. */
  pause(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#stream?.close();
    this.#stream = undefined;
  }

  get connection(): Connection {
    return this.#connection;
  }

  /** The number of the last event that is shown. */
  get event(): number {
    return this.#job?.event ?? 0;
  }

  /** When the stream was last heard of, in ms of this computer's clock. */
  heardAt = Date.now();

  #receive(event: JobEvent): void {
    if (!this.#job) return;
    const next = apply(this.#job, event);
    if (next === "gap") {
      this.#early = this.#early ? merge(this.#early, event) : event;
      this.#closeGap();
      return;
    }
    if (next === this.#job) return;
    const before = this.#job;
    this.#job = next;
    this.world.onTouched(event.touched ?? undefined);
    this.#tell();
    // What may be done with it, and when it began and ended, change with the status and are not in the events.
    if (before.status !== next.status) void this.world.reload();
  }

  /** Has the job read, once for all that comes until the answer. */
  #closeGap(): void {
    if (this.#reading) return;
    this.#reading = true;
    void this.world.reload().finally(() => {
      this.#reading = false;
    });
  }

  #set(connection: Connection): void {
    if (this.#connection === connection) return;
    this.#connection = connection;
    this.#tell();
  }

  #tell(): void {
    if (this.#job) this.world.onChange(this.#job, this.#connection);
  }
}
