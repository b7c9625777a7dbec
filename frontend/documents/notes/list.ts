// All notes of an edition beside its pages, in their order; from each one tap leads to its page.
import { pad, word } from '../../words';
import { type Content, height } from './note';
import type { NoteStore } from './store';

export type Row = { ids: string[]; content: Content };
type Acts = { open(row: Row): void; edit(row: Row): void };

/** Strokes of a page are one row: nobody looks for a single one. */
export function rows(notes: [string, Content][]): Row[] {
  const found: Row[] = [];
  const inks = new Map<number, Row>();
  const sorted = [...notes].sort(
    ([, a], [, b]) => a.page - b.page || height(a) - height(b) || a.kind.localeCompare(b.kind),
  );
  for (const [id, content] of sorted) {
    const ink = content.kind === 'ink' ? inks.get(content.page) : undefined;
    if (ink) {
      ink.ids.push(id);
      continue;
    }
    const row = { ids: [id], content };
    if (content.kind === 'ink') inks.set(content.page, row);
    found.push(row);
  }
  return found;
}

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
    const list = this.root.querySelector('[data-note-list]') as HTMLElement;
    const focused = list.contains(document.activeElement)
      ? (document.activeElement as HTMLElement).dataset.key
      : undefined;
    const shown = rows(this.store.all);
    list.replaceChildren(...shown.map((each) => this.row(each)));
    (this.root.querySelector('[data-note-empty]') as HTMLElement).hidden = shown.length > 0;
    if (focused) {
      const again = list.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`);
      (again ?? this.root).focus();
    }
  }

  private row(row: Row): Node {
    const made = this.model.content.cloneNode(true) as DocumentFragment;
    const part = (name: string) => made.querySelector(`[data-part="${name}"]`) as HTMLElement;
    const { content } = row;
    const [first = ''] = row.ids;
    part('note').dataset.note = first;
    part('note').dataset.kind = content.kind;
    part('quote').textContent = content.kind === 'highlight' ? content.shape.quote : '';
    part('quote').hidden = content.kind !== 'highlight';
    part('text').textContent = content.text;
    part('text').hidden = !content.text;
    part('open').textContent = `${what(row)}${word({ vi: 'Trang', en: 'Page' })} ${content.page}`;
    part('at').textContent = this.when(first);
    part('open').addEventListener('click', () => this.acts.open(row));
    part('edit').hidden = content.kind === 'ink' || content.kind === 'bookmark';
    part('edit').addEventListener('click', () => this.acts.edit(row));
    part('remove').addEventListener('click', () =>
      this.store.write(row.ids.map((id) => [id, null])),
    );
    for (const name of ['open', 'edit', 'remove']) part(name).dataset.key = `${name}:${first}`;
    return made;
  }

  private when(id: string): string {
    const at = this.store.at(id);
    if (!at) return word({ vi: 'trên máy này', en: 'on this device' });
    const time = `${pad(at.getHours())}:${pad(at.getMinutes())}`;
    const isToday = at.toDateString() === new Date().toDateString();
    return isToday ? time : `${pad(at.getDate())}/${pad(at.getMonth() + 1)} ${time}`;
  }
}

function what({ ids, content }: Row): string {
  if (content.kind === 'bookmark') return word({ vi: 'Dấu trang · ', en: 'Bookmark · ' });
  if (content.kind !== 'ink') return '';
  return word({ vi: `${ids.length} nét vẽ · `, en: `${ids.length} strokes · ` });
}
