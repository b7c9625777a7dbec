// The reader's notes: tools, list, form and what is said of how they are kept.
import { NoteRoom } from '../../vault/notes';
import { shortly } from '../../words';
import { Drawer } from '../drawer';
import type { PaperPane } from '../pane';
import { NoteLayer } from './layer';
import { NoteList, type Row } from './list';
import type { Content, Item } from './note';
import { find } from './quote';
import { type Admit, NoteStore, type State } from './store';
import { NoteTools, type Tool } from './tools';

const part = <Kind extends HTMLElement>(where: string): Kind => {
  const found = document.querySelector<Kind>(where);
  if (!found) throw new Error(where);
  return found;
};

export function mountNotes(pane: PaperPane, admit?: Admit): NoteStore | undefined {
  const root = document.querySelector<HTMLElement>('[data-notes]');
  const pages = document.querySelector<HTMLElement>('.paper__scroll');
  if (!root || !pages) return undefined;
  const { notes: url = '', edition = '0', person = '0' } = root.dataset;
  const store = new NoteStore(url, Number(edition), roomOf(url, Number(person)), admit);
  const layer = new NoteLayer(pane.view.events, store);
  const form = new NoteForm(store);
  const sharing = new ShareForm(store);
  const tools = new NoteTools(pages, layer, store, (page, at) => form.write({ page, at }));
  form.light = (words, text, page) => {
    const words_ = pages.querySelector(`.page[data-page-number="${page}"] .textLayer`);
    const range = words_ && find(words, words_);
    return Boolean(range && tools.lightRange(range, text));
  };
  const drawer = new Drawer(root, part('[data-notes-open]'), 'notes');
  new NoteList(root, store, {
    open: ({ item }) => {
      if (item.page === null) {
        // Its page is one of the edition that it was written on.
        const { edition } = item.note ?? {};
        location.assign(`${location.pathname}?edition=${edition}&page=${item.content.page}`);
        return;
      }
      pane.view.page = item.page;
      drawer.makeWay();
    },
    edit: ({ item }) => form.edit(item),
    share: (row) => sharing.open(row),
    page: () => pane.view.page,
  });
  buttons(pane, tools, store, form);
  store.addEventListener('change', () => say(store.state));
  tools.addEventListener('wordless', () => say({ is: 'wordless' }));
  pages.addEventListener('click', (event) => {
    const id = (event.target as Element).closest<SVGElement>('[data-note]')?.dataset.note;
    const item = tools.tool ? undefined : store.own.find((each) => each.id === id);
    if (item) form.edit(item);
  });
  void store.begin();
  return store;
}

const roomOf = (url: string, person: number): NoteRoom =>
  new NoteRoom(person, Number(url.split('/')[2]));

function buttons(pane: PaperPane, tools: NoteTools, store: NoteStore, form: NoteForm): void {
  const toolbar = part('[data-reader] .tools');
  toolbar.addEventListener('pointerdown', (event) => {
    // What is selected stays so under the press of a tool.
    if ((event.target as Element).closest('[data-note-tool]')) event.preventDefault();
  });
  toolbar.addEventListener('click', (event) => {
    const button = (event.target as Element).closest<HTMLElement>('button');
    const { noteTool, noteDo } = button?.dataset ?? {};
    // By keys nothing can be pointed at: the form asks for it instead.
    const byKeys = event.detail === 0 && !getSelection()?.toString();
    if (noteTool && byKeys && (noteTool === 'text' || noteTool === 'highlight')) {
      form.write({ page: pane.view.page, asksForWords: noteTool === 'highlight' });
    } else if (noteTool) tools.take(noteTool as Tool);
    else if (noteDo === 'undo') store.undo();
    else if (noteDo === 'redo') store.redo();
    else if (noteDo === 'bookmark') toggleBookmark(store, pane.view.page);
    else if (noteDo === 'fingers') tools.fingersDraw = !tools.fingersDraw;
  });
  document.addEventListener('keydown', (event) => {
    if ((event.target as Element).closest('input, textarea, select, dialog')) return;
    if (event.key === 'Escape' && tools.tool) tools.take(null);
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'z') return;
    event.preventDefault();
    if (event.shiftKey) store.redo();
    else store.undo();
  });
  const tell = () => {
    for (const each of toolbar.querySelectorAll<HTMLElement>('[data-note-tool]')) {
      each.setAttribute('aria-pressed', String(each.dataset.noteTool === tools.tool));
    }
    const fingers = part('[data-note-do="fingers"]');
    fingers.hidden = !tools.tool || !matchMedia('(any-pointer: coarse)').matches;
    fingers.setAttribute('aria-pressed', String(tools.fingersDraw));
    part('[data-note-do="undo"]').setAttribute('aria-disabled', String(!store.mayUndo));
    part('[data-note-do="redo"]').setAttribute('aria-disabled', String(!store.mayRedo));
    const isMarked = bookmarkOn(store, pane.view.page) !== undefined;
    part('[data-note-do="bookmark"]').setAttribute('aria-pressed', String(isMarked));
  };
  tools.addEventListener('change', tell);
  store.addEventListener('change', tell);
  pane.view.events.on('pagechanging', tell);
  tell();
}

const bookmarkOn = (store: NoteStore, page: number): string | undefined =>
  store.on(page).find((each) => each.content.kind === 'bookmark')?.id;

function toggleBookmark(store: NoteStore, page: number): void {
  const there = bookmarkOn(store, page);
  if (there) store.write([[there, null]]);
  else store.add({ kind: 'bookmark', page, text: '', shape: {} });
}

type Place = { page: number; at?: [number, number]; asksForWords?: boolean };

/** Where words are typed: at a place, for a page as a whole, or beside a passage. They are kept at
 *  every stroke: however the form is closed, what was typed stays. */
class NoteForm {
  light: (words: string, text: string, page: number) => boolean = () => false;
  private readonly dialog = part<HTMLDialogElement>('#note-form');
  private readonly text = part<HTMLTextAreaElement>('#note-text');
  private readonly words = part<HTMLInputElement>('#note-words');
  private readonly wrong = part('#note-words-wrong');
  private typing = { put: (_: Content | null) => {}, end: () => {} };
  private was: Content | null = null;
  private as: (text: string) => Content | null = () => null;
  private page = 1;

  constructor(private readonly store: NoteStore) {
    this.dialog.querySelector('form')?.addEventListener('submit', (event) => {
      event.preventDefault();
      this.keep();
    });
    this.text.addEventListener('input', () => {
      // A note that is cleared while it is written anew is not taken away by that.
      this.typing.put(this.typed ? this.as(this.typed) : this.was);
    });
    part('[data-note-back]').addEventListener('click', () => {
      this.typing.put(this.was);
      this.dialog.close();
    });
    this.dialog.addEventListener('close', () => this.typing.end());
  }

  write({ page, at, asksForWords = false }: Place): void {
    this.as = (text) => ({ kind: 'text', page, text, shape: at ? { at } : {} });
    this.open(crypto.randomUUID(), null, page, asksForWords);
  }

  edit({ id, content, page, note }: Item): void {
    this.as = (text) => ({ ...content, text }) as Content;
    this.open(id, content, page ?? content.page, false, Boolean(note?.shared.length));
  }

  private get typed(): string {
    return this.text.value.trim().normalize('NFC');
  }

  private keep(): void {
    const words = this.words.value.trim();
    if (words) {
      const isLit = this.light(words, this.typed, this.page);
      this.wrong.hidden = isLit;
      if (!isLit) {
        this.words.focus();
        return;
      }
      // They stand beside the passage from now on, not on the page as a whole.
      this.typing.put(null);
    } else if (!this.typed)
      this.typing.put(this.was?.kind === 'text' ? null : this.was && this.as(''));
    this.dialog.close();
  }

  private open(
    id: string,
    was: Content | null,
    page: number,
    asksForWords: boolean,
    isShared = false,
  ): void {
    this.typing = this.store.typing(id);
    this.was = was;
    this.page = page;
    part('[data-note-page]').textContent = String(page);
    part('[data-note-private]').hidden = isShared;
    part('[data-note-shared]').hidden = !isShared;
    part('[data-note-words]').hidden = !asksForWords;
    for (const each of this.dialog.querySelectorAll<HTMLElement>('[data-note-back] > *')) {
      each.hidden = (each.dataset.when === 'new') !== (was === null);
    }
    this.wrong.hidden = true;
    this.words.value = '';
    this.text.value = was?.text ?? '';
    this.dialog.showModal();
    (asksForWords ? this.words : this.text).focus();
  }
}

/** To which of one's advisers a note is shown. */
class ShareForm {
  private readonly dialog = document.querySelector<HTMLDialogElement>('#note-share');
  private ids: string[] = [];

  constructor(store: NoteStore) {
    this.dialog?.querySelector('form')?.addEventListener('submit', (event) => {
      event.preventDefault();
      const chosen = this.boxes.filter((each) => each.checked).map((each) => Number(each.value));
      void store.share(this.ids, chosen);
      this.dialog?.close();
    });
    this.dialog
      ?.querySelector('[data-share-close]')
      ?.addEventListener('click', () => this.dialog?.close());
  }

  private get boxes(): HTMLInputElement[] {
    return [...(this.dialog?.querySelectorAll<HTMLInputElement>('input[type=checkbox]') ?? [])];
  }

  open({ ids, item }: Row): void {
    this.ids = ids;
    for (const each of this.boxes)
      each.checked = item.note?.shared.includes(Number(each.value)) ?? false;
    this.dialog?.showModal();
  }
}

function say(state: State | { is: 'wordless' }): void {
  const said = part('[data-notes-said]');
  said.dataset.state = state.is;
  for (const each of said.querySelectorAll<HTMLElement>('[data-when]')) {
    each.hidden = each.dataset.when !== state.is;
  }
  if (state.is === 'saved') {
    part('[data-notes-at]').textContent = shortly(state.at);
  }
  if (state.is === 'refused') part('[data-notes-why]').textContent = state.why;
}
