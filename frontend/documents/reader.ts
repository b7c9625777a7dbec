// entry
// The reader's own page.
import { send } from '../http';
import { listen } from './listening';
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

/** There is a newer edition by now, or other pages in the book: say so, and swap nothing. */
async function lookForNewer(): Promise<void> {
  const strip = document.querySelector<HTMLElement>('[data-paper-newer]');
  const { paperId, paperNewer } = strip?.dataset ?? {};
  if (!strip || !paperId) return;
  const { book, edition } = bookMark()?.dataset ?? {};
  const ofBook = book ? `?session=${book}&edition=${edition}` : '';
  // Without a line the paper is read on as it is; it is asked again the next time.
  const now = await send<Current>(`/papers/${paperId}/edition${ofBook}`).catch(() => null);
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
}

/** The newest edition that this page tells of. */
let told = Number(element('[data-number]').textContent);

// Another paper of the session may have been replaced, of which this one's line tells nothing.
document.addEventListener('visibilitychange', () => document.hidden || void lookForNewer());
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
      for (const each of document.querySelectorAll('.thumbs, [data-side-part="outline"]'))
        each.replaceChildren();
    },
    newer: (number) => {
      if (number <= told) return;
      told = number;
      void lookForNewer();
    },
  });
}
