// A reader's notes on one edition: what the server has, what waits to be sent, what can be undone.
import { offline, Refusal, send } from '../../http';
import { AT_ONCE, type NoteRoom } from '../../vault/notes';
import {
  type Answer,
  type Content,
  type Item,
  itemOf,
  type Lent,
  type Note,
  type Waiting,
} from './note';

const ASKED_EACH = 30_000;

type Change = { id: string; before: Content | null; after: Content | null };

/** How far what was written has come. */
export type State =
  | { is: 'empty' | 'saving' | 'unsent' | 'unkept' }
  | { is: 'saved'; at: Date }
  | { is: 'refused'; why: string };

/** Whether a page may send, asked before it does and once its token was refused. */
export type Admit = (isRefused: boolean) => Promise<boolean>;

/** A page of one reader came with its token; with another it would be another's. */
const oneReaders: Admit = async (isRefused) => !isRefused;

export class NoteStore extends EventTarget {
  state: State = { is: 'empty' };
  private readonly kept = new Map<string, Note>();
  private readonly waiting = new Map<string, Waiting>();
  private readonly done: Change[][] = [];
  private readonly undone: Change[][] = [];
  private lent: Lent[] = [];
  private last = 0;
  private isBusy = false;
  private isOpen = false;
  private isKept = true;

  constructor(
    private readonly url: string,
    readonly edition: number,
    private readonly room: NoteRoom,
    private readonly admit: Admit = oneReaders,
  ) {
    super();
  }

  /** The paper was removed: what was written on it is kept nowhere, nor sent. */
  forget(): void {
    this.isBusy = true;
    this.kept.clear();
    this.waiting.clear();
    this.lent = [];
    this.done.length = 0;
    this.undone.length = 0;
    void this.room.keep(this.waiting);
    this.say({ is: 'empty' });
  }

  /** Begin with what is kept here; ask for what the other devices wrote, now and from time to time,
   *  and send what waits. */
  async begin(): Promise<void> {
    setInterval(() => document.hidden || void this.exchange(), ASKED_EACH);
    addEventListener('online', () => void this.exchange());
    document.addEventListener('visibilitychange', () => void this.exchange());
    const { waiting, known } = await this.room.open();
    const isNew = this.waiting.size > 0;
    for (const [id, each] of waiting) if (!this.waiting.has(id)) this.waiting.set(id, each);
    if (known) this.take(known);
    this.isOpen = true;
    if (isNew) void this.keep();
    this.say({ is: this.waiting.size ? 'saving' : 'empty' });
    await this.exchange();
  }

  get(id: string): Content | null {
    const waiting = this.waiting.get(id);
    return waiting ? waiting.content : (this.kept.get(id)?.content ?? null);
  }

  /** When a note last came to the server; null for one that is still here alone. */
  at(id: string): Date | null {
    const note = this.waiting.has(id) ? undefined : this.kept.get(id);
    return note ? new Date(note.at) : null;
  }

  /** One's own notes. */
  get own(): Item[] {
    const ids = new Set([...this.kept.keys(), ...this.waiting.keys()]);
    return [...ids].flatMap((id) => {
      const content = this.get(id);
      return content ? [itemOf(id, content, this.kept.get(id))] : [];
    });
  }

  /** What others show. */
  get others(): Item[] {
    return this.lent.flatMap((note) =>
      note.content ? [itemOf(note.id, note.content, note, note.from)] : [],
    );
  }

  on(page: number): Item[] {
    return this.own.filter((each) => each.page === page);
  }

  /** Say where a carried note stands; 0 is the tray, without a page it is where it was found. */
  settle(id: string, page?: number): Promise<void> {
    return this.ask(id, 'place', page === undefined ? {} : { page });
  }

  /** Show notes by these mandates, and by no others. */
  share([id = '', ...more]: string[], mandates: number[]): Promise<void> {
    return this.ask(id, 'share', { mandates, more });
  }

  private async ask(id: string, what: string, body: Record<string, unknown>): Promise<void> {
    try {
      const url = `${this.url}/${id}/${what}`;
      this.take(await this.post(url, { ...body, since: this.last }));
      this.say(this.saved);
    } catch (wrong) {
      // Unlike what is written, this does not wait to be sent: its reader hears that it was not.
      if (!(wrong instanceof Refusal)) throw wrong;
      this.say({ is: 'refused', why: wrong.message });
    }
  }

  private async post(url: string, body: unknown): Promise<Answer> {
    if (!(await this.admit(false))) throw offline();
    try {
      return await send<Answer>(url, { body });
    } catch (wrong) {
      const isStale = wrong instanceof Refusal && wrong.code === 'cross_site';
      if (!isStale || !(await this.admit(true))) throw wrong;
      return send<Answer>(url, { body });
    }
  }

  get mayUndo(): boolean {
    return this.done.length > 0;
  }

  get mayRedo(): boolean {
    return this.undone.length > 0;
  }

  add(content: Content): string {
    const id = crypto.randomUUID();
    this.write([[id, content]]);
    return id;
  }

  /** Write notes, or take them away where there is no content; undone in one step. */
  write(notes: [string, Content | null][]): void {
    const changes = notes.map(([id, after]) => ({ id, before: this.get(id), after }));
    this.done.push(changes);
    this.undone.length = 0;
    this.put(notes);
  }

  /** Words while they are typed: kept here at every stroke, sent once they are done, undone in one
   *  step. */
  typing(id: string): { put(content: Content | null): void; end(): void } {
    const before = this.get(id);
    const change: Change = { id, before, after: before };
    return {
      put: (content) => {
        if (!content && !change.after) return;
        change.after = content;
        this.put([[id, content]], false);
      },
      end: () => {
        if (JSON.stringify(change.after) !== JSON.stringify(before)) {
          this.done.push([change]);
          this.undone.length = 0;
        }
        void this.exchange();
      },
    };
  }

  undo(): void {
    this.move(this.done, this.undone, (each) => each.before);
  }

  redo(): void {
    this.move(this.undone, this.done, (each) => each.after);
  }

  private move(from: Change[][], to: Change[][], which: (each: Change) => Content | null): void {
    const changes = from.pop();
    if (!changes) return;
    to.push(changes);
    this.put(changes.map((each) => [each.id, which(each)]));
  }

  private put(notes: [string, Content | null][], isWhole = true): void {
    for (const [id, content] of notes) {
      const base = this.waiting.get(id)?.base ?? this.kept.get(id)?.revision ?? 0;
      this.waiting.set(id, { base, content });
    }
    this.say({ is: 'saving' });
    if (!this.isOpen) return;
    const keeping = this.keep();
    if (isWhole) void this.exchange();
    // What cannot be kept here is sent, whole or not.
    else void keeping.then(() => (this.isKept ? undefined : this.exchange()));
  }

  private async keep(): Promise<void> {
    this.isKept = await this.room.keep(this.waiting);
    if (!this.isKept && this.waiting.size) this.say({ is: 'unkept' });
  }

  /** Send what waits and take in what changed elsewhere; one request at a time. */
  private async exchange(): Promise<void> {
    if (this.isBusy || !this.isOpen) return;
    this.isBusy = true;
    try {
      do await this.once();
      while (this.waiting.size);
      this.say(this.saved);
    } catch (wrong) {
      this.say(this.afterFailing(wrong));
    } finally {
      this.isBusy = false;
    }
  }

  private async once(): Promise<void> {
    const sent = [...this.waiting].slice(0, AT_ONCE);
    const answer = sent.length
      ? await this.post(this.url, {
          notes: sent.map(([id, each]) => ({ id, ...each })),
          since: this.last,
        })
      : await send<Answer>(`${this.url}?since=${this.last}`);
    const isNews =
      answer.notes.length > 0 || JSON.stringify(answer.lent) !== JSON.stringify(this.lent);
    this.take(answer);
    for (const [id, each] of sent) this.arrived(id, each);
    if (sent.length) await this.room.keep(this.waiting);
    if (isNews) await this.room.know({ ...answer, notes: [...this.kept.values()] });
  }

  private take(answer: Answer): void {
    for (const note of answer.notes) this.kept.set(note.id, note);
    this.last = Math.max(this.last, answer.last);
    this.lent = answer.lent;
  }

  private arrived(id: string, sent: Waiting): void {
    const waiting = this.waiting.get(id);
    if (waiting === sent) this.waiting.delete(id);
    // It was written in again meanwhile, by somebody who had seen what was sent.
    else if (waiting) waiting.base = this.kept.get(id)?.revision ?? waiting.base;
  }

  /** By the server's clock, as of the last that it took: opening a paper saves nothing. */
  private get saved(): State {
    const last = Math.max(...[...this.kept.values()].map((each) => Date.parse(each.at)));
    return this.kept.size ? { is: 'saved', at: new Date(last) } : { is: 'empty' };
  }

  private afterFailing(wrong: unknown): State {
    if (!(wrong instanceof Refusal)) throw wrong;
    const comesBack =
      wrong.status === 0 || wrong.status >= 500 || [401, 423].includes(wrong.status);
    if (!comesBack) return { is: 'refused', why: wrong.message };
    if (!this.waiting.size) return { is: 'empty' };
    return { is: this.isKept ? 'unsent' : 'unkept' };
  }

  private say(state: State): void {
    this.state = state;
    this.dispatchEvent(new Event('change'));
  }
}
