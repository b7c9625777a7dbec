/** Where a screen stands among the facts told to an audience. */
export interface Place {
  epoch: string;
  seq: number;
}

/** One fact, as `ecabinet.live` numbers it. */
export interface Told extends Place {
  audience: string;
  kind: string;
  at: string;
  facts: Record<string, unknown>;
}

/** What the server says a screen has missed. */
export interface Missed {
  epoch: string;
  head: number;
  messages: Told[];
  reload: boolean;
}

export interface Listener {
  apply(told: Told): void;
  ask(): void;
  reload(): void;
}

/** Applies facts in their order, whatever order they arrive in: the next is applied, an old one
 * dropped, a gap asked for, another epoch taken whole. */
export class Sequence {
  constructor(
    public place: Place,
    private readonly listener: Listener,
  ) {}

  take(told: Told): void {
    if (told.epoch !== this.place.epoch) this.listener.reload();
    else if (told.seq === this.place.seq + 1) {
      this.place = { epoch: told.epoch, seq: told.seq };
      this.listener.apply(told);
    } else if (told.seq > this.place.seq) this.listener.ask();
  }

  /** A heartbeat: how far the audience is. Says whether this screen is level with it. */
  head(place: Place): boolean {
    if (place.epoch !== this.place.epoch) this.listener.reload();
    else if (place.seq > this.place.seq) this.listener.ask();
    else return true;
    return false;
  }

  catchUp(missed: Missed): void {
    if (missed.reload) this.listener.reload();
    else for (const told of missed.messages) this.take(told);
  }
}
