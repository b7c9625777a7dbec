// All notes of an edition beside its pages, in their order; from each one tap leads to its page.
import { shortly, word } from '../../words';
import { type Content, height, type Item, isAtMargin, type Note } from './note';
import type { NoteStore } from './store';

export type Row = { ids: string[]; item: Item };
export type Acts = {
  open(row: Row): void;
  edit(row: Row): void;
  share(row: Row): void;
  /** The page that is open: where what is taken out of the tray is put. */
  page(): number;
};

/** Strokes of a page that are shown to the same persons are one row: nobody looks for one. */
export function rows(items: Item[]): Row[] {
  const found: Row[] = [];
  const inks = new Map<string, Row>();
  const page = (item: Item) => item.page ?? item.content.page;
  const sorted = [...items].sort(
    (a, b) => page(a) - page(b) || height(a.content) - height(b.content),
  );
  for (const item of sorted) {
    const { edition, shared } = item.note ?? {};
    const place = `${item.from}/${edition}/${item.page}/${item.content.page}/${shared ?? ''}`;
    const ink = item.content.kind === 'ink' ? inks.get(place) : undefined;
    if (ink) {
      ink.ids.push(item.id);
      continue;
    }
    const row = { ids: [item.id], item };
    if (item.content.kind === 'ink') inks.set(place, row);
    found.push(row);
  }
  return found;
}

/** A note that its reader has just said something of. Until they leave the list its row stays where
 *  it was, as it was: nothing slides under a finger that taps twice. */
type Held = { part: Part; by: Choice; page: number | null; note: Note | undefined };
type Part = 'asked' | 'own' | 'tray';
type Choice = 'right' | 'wrong' | 'here';

const isAsked = (item: Item): boolean => item.note?.standing?.is_asked ?? false;

const partOf = (item: Item): Part => {
  if (item.page === null) return 'tray';
  return isAsked(item) ? 'asked' : 'own';
};

export class NoteList {
  private readonly held = new Map<string, Held>();
  private readonly model: HTMLTemplateElement;

  constructor(
    private readonly root: HTMLElement,
    private readonly store: NoteStore,
    private readonly acts: Acts,
  ) {
    this.model = root.querySelector('template') as HTMLTemplateElement;
    store.addEventListener('change', () => this.draw());
    root.addEventListener('drawer:hidden', () => {
      this.held.clear();
      this.draw();
    });
  }

  private draw(): void {
    const { activeElement } = document;
    const key = this.root.contains(activeElement)
      ? (activeElement as HTMLElement).dataset.key
      : undefined;
    const { own, others } = this.store;
    const shown = own.map((each): Item => {
      const { page, note } = this.held.get(each.id) ?? each;
      return { ...each, page, note };
    });
    for (const part of ['asked', 'own', 'tray'] as const) {
      this.fill(
        part,
        shown.filter((each) => partOf(each) === part),
      );
    }
    this.fill('lent', others);
    this.tellCarried(own.filter((each) => each.note?.standing));
    this.part('empty').hidden = own.length + others.length > 0;
    if (!key) return;
    const again = this.root.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);
    (again ?? this.root).focus({ preventScroll: true });
  }

  /** What was said of notes whose row is held, where the server has taken it. */
  private get done(): Map<string, Choice> {
    const moved = this.store.own.flatMap((each): [string, Choice][] => {
      const held = this.held.get(each.id);
      return held && held.part !== partOf(each) ? [[each.id, held.by]] : [];
    });
    return new Map(moved);
  }

  /** Say where a row's note stands, and go on to the next of its kind. */
  private async settle({ item }: Row, by: Choice, page: number, isByKeys: boolean): Promise<void> {
    const part = partOf(item);
    if (this.done.has(item.id)) {
      this.goOn(part, item.id, isByKeys);
      return;
    }
    this.held.set(item.id, { part, by, page: item.page, note: item.note });
    await this.store.settle(item.id, page);
    if (this.done.has(item.id)) this.goOn(part, item.id, isByKeys);
  }

  private async takeBack({ item }: Row): Promise<void> {
    await (partOf(item) === 'tray' ? this.store.settle(item.id, 0) : this.store.settle(item.id));
    this.goTo(item.id, false);
  }

  private goOn(part: Part, id: string, isByKeys: boolean): void {
    const rows = [...this.part(part).querySelectorAll<HTMLElement>('[data-note]')];
    const ids = rows.map((each) => each.dataset.note ?? '');
    const after = ids.indexOf(id) + 1;
    const order = [...ids.slice(after), ...ids.slice(0, after)];
    this.goTo(order.find((each) => !this.done.has(each)) ?? id, isByKeys);
  }

  /** To a row and none of its buttons: a key that is held down presses nothing there. */
  private goTo(id: string, scrolls: boolean): void {
    const row = this.root.querySelector<HTMLElement>(`[data-note="${CSS.escape(id)}"]`);
    row?.focus({ preventScroll: !scrolls });
  }

  private part(name: string): HTMLElement {
    return this.root.querySelector(`[data-notes-part="${name}"]`) as HTMLElement;
  }

  private fill(name: string, items: Item[]): void {
    const section = this.part(name);
    section.hidden = items.length === 0;
    const count = section.querySelector('[data-count]');
    const shown = rows(items);
    const left = shown.filter(({ item }) => !this.done.has(item.id));
    if (count) count.textContent = String(left.length);
    const list = section.querySelector('ul') as HTMLElement;
    list.replaceChildren(...shown.map((each) => this.row(each)));
  }

  /** How many came over: those that stand on a page, asked about or not. */
  private tellCarried(carried: Item[]): void {
    const told = this.part('carried');
    told.hidden = carried.length === 0;
    if (!carried.length) return;
    const there = carried.filter((each) => each.page !== null).length;
    const share = Math.round((100 * there) / carried.length);
    const fill = (name: string, text: string) => {
      (told.querySelector(`[data-${name}]`) as HTMLElement).textContent = text;
    };
    fill('there', String(there));
    fill('all', String(carried.length));
    fill('share', `${share}%`);
  }

  private row(row: Row): Node {
    const made = this.model.content.cloneNode(true) as DocumentFragment;
    const part = (name: string) => made.querySelector(`[data-part="${name}"]`) as HTMLElement;
    const { ids, item } = row;
    const { content, note } = item;
    const [first = ''] = ids;
    const isOwn = !item.from;
    const on = (name: string, isThere: boolean, act: (event: MouseEvent) => unknown) => {
      const button = part(name);
      button.hidden = !isThere;
      button.dataset.key = `${name}:${first}`;
      button.addEventListener('click', act);
    };
    part('note').dataset.note = first;
    part('note').dataset.key = `note:${first}`;
    part('note').dataset.kind = content.kind;
    part('quote').textContent = content.kind === 'highlight' ? content.shape.quote : '';
    part('quote').hidden = content.kind !== 'highlight';
    part('text').textContent = content.text;
    part('text').hidden = !content.text;
    part('from').textContent = item.from;
    part('from').hidden = isOwn;
    part('margin').hidden = !isAtMargin(item);
    part('now').hidden = !hasChanged(item);
    (part('now').querySelector('q') as HTMLElement).textContent = note?.standing?.quote ?? '';
    part('open').textContent = what(row) + where(item);
    on('open', true, () => this.acts.open(row));
    part('at').textContent = isOwn ? this.when(first) : '';
    part('private').hidden = !isOwn || Boolean(note?.shared.length);
    part('shared').hidden = !isOwn || !note?.shared.length;
    (part('shared').querySelector('[data-with]') as HTMLElement).textContent = sharedWith(
      note?.shared.length ?? 0,
    );
    const isWritten = content.kind !== 'ink' && content.kind !== 'bookmark';
    on('edit', isOwn && isWritten, () => this.acts.edit(row));
    on('share', isOwn && content.kind !== 'bookmark', () => this.acts.share(row));
    on('remove', isOwn, () => this.store.write(ids.map((id) => [id, null])));
    const done = this.done.get(first);
    const choice = (name: Choice, isThere: boolean, page: () => number) => {
      const isUndo = done !== undefined && done !== name;
      on(name, isThere, (event) =>
        isUndo ? this.takeBack(row) : this.settle(row, name, page(), event.detail === 0),
      );
      part(name).setAttribute('aria-disabled', String(done === name));
      part(name).dataset.state = isUndo ? 'undo' : done ? 'done' : 'asked';
    };
    choice('right', isOwn && isAsked(item), () => item.page ?? 0);
    choice('wrong', isOwn && isAsked(item), () => 0);
    const isInTray = isOwn && item.page === null && content.kind !== 'ink';
    choice('here', isInTray, () => this.acts.page());
    on('back', isInTray && done === 'here', () => this.takeBack(row));
    return made;
  }

  private when(id: string): string {
    const at = this.store.at(id);
    if (!at) return word({ vi: 'trên máy này', en: 'on this device' });
    return shortly(at);
  }
}

/** Whether the words that a note is about read otherwise now. */
function hasChanged({ content, note }: Item): boolean {
  const words = note?.standing?.quote;
  return content.kind === 'highlight' && Boolean(words) && words !== content.shape.quote;
}

function what({ ids, item }: Row): string {
  const kind: Content['kind'] = item.content.kind;
  if (kind === 'bookmark') return word({ vi: 'Dấu trang · ', en: 'Bookmark · ' });
  if (kind !== 'ink') return '';
  const strokes = ids.length === 1 ? '1 stroke' : `${ids.length} strokes`;
  return word({ vi: `${ids.length} nét vẽ · `, en: `${strokes} · ` });
}

function sharedWith(number: number): string {
  const advisers = number === 1 ? '1 adviser' : `${number} advisers`;
  return word({ vi: `Đang chia sẻ với ${number} người tham mưu`, en: `Shown to ${advisers}` });
}

function where({ page, content, note }: Item): string {
  if (page !== null) return word({ vi: `Trang ${page}`, en: `Page ${page}` });
  const edition = note?.edition ?? 1;
  return word({
    vi: `Trang ${content.page}, bản ${edition}`,
    en: `Page ${content.page}, edition ${edition}`,
  });
}
