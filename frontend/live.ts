import { io, type Socket } from 'socket.io-client';
import { Refusal, send } from './http';
import { type Missed, type Place, Sequence, type Told } from './sequence';
import { clockOf, now } from './words';

const HEARTBEAT = 5_000;
const POLL = 5_000;
const ASKED_WITHIN = 4_000;

export type LineState = 'on' | 'again' | 'off';

/** What a page listens to, and how it takes what it hears. */
export interface Room<State extends Place> {
  /** The event by which it enters, and the thing it enters. */
  enter: string;
  id: number;
  /** Where its state is read whole. */
  url: string;
  state: State;
  apply(told: Told): void;
  replace(state: State): void;
}

/** The line's state in words and shape, in the bar; it never looks better than it is. */
class Sign {
  private at = now();

  show(state: LineState): void {
    if (state === 'on') this.fresh();
    for (const each of document.querySelectorAll<HTMLElement>('[data-conn]')) {
      if (each.dataset.state === state) continue;
      each.dataset.state = state;
      for (const words of each.querySelectorAll<HTMLElement>('[data-when]')) {
        words.hidden = words.dataset.when !== state;
      }
    }
    for (const each of document.querySelectorAll<HTMLElement>('[data-offline]')) {
      each.hidden = state !== 'off';
    }
    for (const each of document.querySelectorAll<HTMLElement>('[data-conn-at]')) {
      each.textContent = clockOf(this.at);
    }
  }

  /** The data on the page are of now. */
  fresh(): void {
    this.at = now();
  }
}

/** Keeps a page level with its audience: join first, read second; heal every gap. */
export class Live<State extends Place> {
  private readonly sign = new Sign();
  private readonly sequence: Sequence;
  private readonly socket: Socket;
  private heard = 0;
  private polled = 0;
  private asking = false;
  private reading: Promise<void> | null = null;
  private ended = false;

  constructor(private readonly room: Room<State>) {
    this.sequence = new Sequence(
      { epoch: room.state.epoch, seq: room.state.seq },
      {
        apply: (told) => room.apply(told),
        ask: () => void this.ask(),
        reload: () => void this.reload(),
      },
    );
    this.sign.show('again');
    this.socket = io({
      transports: ['websocket'],
      reconnectionDelay: 500,
      reconnectionDelayMax: 5_000,
      randomizationFactor: 0.5,
    });
    this.listen();
    setInterval(() => void this.watch(), 1_000);
  }

  get isOn(): boolean {
    return this.socket.connected && !this.isDeaf;
  }

  /** After an act of one's own: do not wait for a line that is down. */
  async refresh(): Promise<void> {
    if (!this.isOn) await this.reload();
  }

  /** What is told to all is not all that this page may know. */
  again(): Promise<void> {
    return this.reload();
  }

  private listen(): void {
    const { socket, sequence } = this;
    socket.on('connect', () => {
      this.heard = performance.now();
      void this.ask();
    });
    socket.on('told', (told: Told) => {
      if (told.audience === this.audience) sequence.take(told);
    });
    socket.on('head', (place: Place & { audience: string }) => {
      this.heard = performance.now();
      if (sequence.head(place) && !this.asking) this.sign.show('on');
    });
    socket.on('disconnect', (reason) => {
      this.sign.show('again');
      this.polled = performance.now();
      // Ended by the server: the right may be gone, or only this socket; asking tells.
      if (reason === 'io server disconnect') {
        void this.reload();
        setTimeout(() => this.connect(), 500 + Math.random() * 1_000);
      }
    });
    window.addEventListener('online', () => this.connect());
    window.addEventListener('offline', () => this.sign.show('off'));
  }

  /** Whoever has no right to the page any more does not knock. */
  private connect(): void {
    if (!this.ended) this.socket.connect();
  }

  private get audience(): string {
    return (this.room.state as State & { audience?: string }).audience ?? '';
  }

  private get isDeaf(): boolean {
    return performance.now() - this.heard > 2 * HEARTBEAT + 1_000;
  }

  /** Enter, or enter again, and take what was missed. */
  private async ask(): Promise<void> {
    if (this.asking || !this.socket.connected) return;
    this.asking = true;
    const { epoch, seq } = this.sequence.place;
    try {
      const answer: Missed & { code?: string } = await this.socket
        .timeout(ASKED_WITHIN)
        .emitWithAck(this.room.enter, { id: this.room.id, epoch, seq });
      if (answer.code === 'too_many') return;
      if (answer.code) return await this.reload();
      this.asking = false;
      this.sequence.catchUp(answer);
      await this.reading;
      if (this.socket.connected) this.sign.show('on');
    } catch {
      this.sign.show('again');
    } finally {
      this.asking = false;
    }
  }

  private reload(): Promise<void> {
    this.reading ??= this.read().finally(() => {
      this.reading = null;
    });
    return this.reading;
  }

  private async read(): Promise<void> {
    try {
      const state = await send<State>(this.room.url);
      this.sequence.place = { epoch: state.epoch, seq: state.seq };
      this.sign.fresh();
      this.room.replace(state);
    } catch (wrong) {
      this.sign.show('off');
      if (wrong instanceof Refusal && [401, 403, 404].includes(wrong.status)) this.end(wrong);
    }
  }

  /** No line: say so, and read the state whole every few seconds instead. */
  private async watch(): Promise<void> {
    if (this.ended) return;
    if (this.socket.connected && this.isDeaf) {
      this.heard = performance.now();
      this.sign.show('again');
      this.socket.disconnect().connect();
    }
    if (this.socket.connected || performance.now() - this.polled < POLL) return;
    this.polled = performance.now();
    this.sign.show('again');
    await this.reload();
  }

  /** Somebody has signed in again: what was missed is asked for. */
  private resume(): void {
    this.ended = false;
    this.socket.connect();
    void this.reload();
  }

  /** The right to this page is gone: nothing more is asked, and the page says why. */
  private end(refusal: Refusal): void {
    this.ended = true;
    this.socket.disconnect();
    document.addEventListener('login:again', () => this.resume(), { once: true });
    for (const each of document.querySelectorAll<HTMLElement>('[data-offline-words]')) {
      each.textContent = refusal.message;
    }
  }
}
