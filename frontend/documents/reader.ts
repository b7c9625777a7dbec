// entry
// The reader's own page.
import { listen } from './listening';
import { type Current, lookForNewer, newerThan } from './newer';
import './notes/notes.css';
import { mountNotes } from './notes/mount';
import { mountAll } from './pane';
import { mountPrinting } from './printing';
import { element, mountTools } from './reading';
import { forgetSide, mountSide } from './side';

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

async function look(): Promise<void> {
  const { book, edition } = bookMark()?.dataset ?? {};
  const now = await lookForNewer(book, edition);
  if (now) rebind(now.book);
}

// Another paper of the session may have been replaced, of which this one's line tells nothing.
document.addEventListener('visibilitychange', () => document.hidden || void look());
for (const pane of mountAll()) {
  mountTools(pane);
  mountPrinting(pane);
  pane.view.events.on('pagechanging', () => {
    read = pane.view.page;
    paintBook();
  });
  const notes = mountNotes(pane);
  mountSide(pane, notes);
  void listen(pane, {
    more: () => {
      notes?.forget();
      forgetSide();
    },
    newer: newerThan(Number(element('[data-number]').textContent), () => void look()),
  });
}
