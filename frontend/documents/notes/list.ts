// All notes of an edition beside its pages, in their order; from each one tap leads to its page.
import { shortly, word } from '../../words';
import { type Content, height, type Item } from './note';
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

const isAsked = (item: Item): boolean => item.note?.standing?.is_asked ?? false;

export class NoteList {
  private readonly model: HTMLTemplateElement;

  constructor(
    private readonly root: HTMLElement,
    private readonly store: NoteStore,
    private readonly acts: Acts,
  ) {
    this.model = root.querySelector('template') as HTMLTemplateElement;
    store.addEventListener('change', () => this.draw());
  }

  private draw(): void {
    const { activeElement } = document;
    const key = this.root.contains(activeElement)
      ? (activeElement as HTMLElement).dataset.key
      : undefined;
    const { own, others } = this.store;
    this.fill('asked', own.filter(isAsked));
    this.fill(
      'own',
      own.filter((each) => each.page !== null && !isAsked(each)),
    );
    this.fill(
      'tray',
      own.filter((each) => each.page === null),
    );
    this.fill('lent', others);
    this.tellCarried(own.filter((each) => each.note?.standing));
    this.part('empty').hidden = own.length + others.length > 0;
    if (!key) return;
    const again = this.root.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);
    (again ?? this.root).focus();
  }

  private part(name: string): HTMLElement {
    return this.root.querySelector(`[data-notes-part="${name}"]`) as HTMLElement;
  }

  private fill(name: string, items: Item[]): void {
    const section = this.part(name);
    section.hidden = items.length === 0;
    const count = section.querySelector('[data-count]');
    const shown = rows(items);
    if (count) count.textContent = String(shown.length);
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
    const on = (name: string, isThere: boolean, act: () => void) => {
      const button = part(name);
      button.hidden = !isThere;
      button.dataset.key = `${name}:${first}`;
      button.addEventListener('click', act);
    };
    part('note').dataset.note = first;
    part('note').dataset.kind = content.kind;
    part('quote').textContent = content.kind === 'highlight' ? content.shape.quote : '';
    part('quote').hidden = content.kind !== 'highlight';
    part('text').textContent = content.text;
    part('text').hidden = !content.text;
    part('from').textContent = item.from;
    part('from').hidden = isOwn;
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
    const settle = (page: number) => () =>
      ids.forEach((id) => {
        void this.store.settle(id, page);
      });
    on('right', isOwn && isAsked(item), settle(item.page ?? 0));
    on('wrong', isOwn && isAsked(item), settle(0));
    const isInTray = isOwn && item.page === null && content.kind !== 'ink';
    on('here', isInTray, () => settle(this.acts.page())());
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
