// entry
// The reader's own page.
import { send } from '../http';
import { watchGone } from './gone';
import './notes/notes.css';
import { mountNotes } from './notes/mount';
import { mountAll } from './pane';
import { mountPrinting } from './printing';
import { element, mountTools } from './reading';
import { mountSide } from './side';

interface Current {
  number: number;
  id: number;
  compared: boolean;
  book: { first: number | null; pages: number } | null;
}

/** Where the page that is read stands in the session's book. */
const bookMark = (): HTMLElement | null => document.querySelector<HTMLElement>('[data-book]');

let read = 1;

function paintBook(): void {
  const mark = bookMark();
  if (!mark) return;
  const { first, pages } = mark.dataset;
  // An edition that has been replaced stands in no book.
  mark.hidden = !first;
  element('[data-book-page]').textContent = String(Number(first) + read - 1);
  element('[data-book-pages]').textContent = pages ?? '';
}

/** Another paper was replaced, or this one: all after it may begin on another page. */
function rebind(book: Current['book']): void {
  const mark = bookMark();
  if (!mark || !book) return;
  mark.dataset.first = book.first === null ? '' : String(book.first);
  mark.dataset.pages = String(book.pages);
  paintBook();
}

/** Coming back to a paper that has a newer edition by now: say so, and swap nothing. */
function watchEditions(): void {
  const strip = document.querySelector<HTMLElement>('[data-paper-newer]');
  const { paperId, paperNewer } = strip?.dataset ?? {};
  if (!strip || !paperId) return;
  const { book, edition } = bookMark()?.dataset ?? {};
  const ofBook = book ? `?session=${book}&edition=${edition}` : '';
  document.addEventListener('visibilitychange', async () => {
    if (document.hidden) return;
    const path = `/papers/${paperId}/edition${ofBook}`;
    // Without a line the paper is read on as it is; it is asked again the next time.
    const now = await send<Current>(path).catch(() => null);
    if (!now) return;
    rebind(now.book);
    if (now.number <= Number(paperNewer)) return;
    const { number, id } = now;
    const changes = element<HTMLAnchorElement>('[data-changes]');
    changes.href = `/editions/${id}/changes`;
    changes.hidden = !now.compared;
    element('[data-number]').textContent = String(number);
    element<HTMLAnchorElement>('[data-go]').href =
      `/papers/${paperId}?edition=${number}${book ? `&session=${book}` : ''}`;
    strip.hidden = false;
  });
}

watchEditions();
for (const pane of mountAll()) {
  mountTools(pane);
  mountPrinting(pane);
  pane.view.events.on('pagechanging', () => {
    read = pane.view.page;
    paintBook();
  });
  const notes = mountNotes(pane);
  mountSide(pane, notes);
  void watchGone(pane, () => {
    notes?.forget();
    for (const each of document.querySelectorAll('.thumbs, [data-side-part="outline"]'))
      each.replaceChildren();
  });
}
