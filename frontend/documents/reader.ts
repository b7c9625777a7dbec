// entry
// The reader's own page.
import { send } from '../http';
import { watchGone } from './gone';
import './notes/notes.css';
import { mountNotes } from './notes/mount';
import { mountAll } from './pane';
import { element, mountTools } from './reading';
import { mountSide } from './side';

/** Coming back to a paper that has a newer edition by now: say so, and swap nothing. */
function watchEditions(): void {
  const strip = document.querySelector<HTMLElement>('[data-paper-newer]');
  const { paperId, paperNewer } = strip?.dataset ?? {};
  if (!strip || !paperId) return;
  document.addEventListener('visibilitychange', async () => {
    if (document.hidden) return;
    const path = `/papers/${paperId}/edition`;
    // Without a line the paper is read on as it is; it is asked again the next time.
    const now = await send<{ number: number; id: number }>(path).catch(() => null);
    if (!now || now.number <= Number(paperNewer)) return;
    const { number, id } = now;
    element<HTMLAnchorElement>('[data-changes]').href = `/editions/${id}/changes`;
    element('[data-number]').textContent = String(number);
    element<HTMLAnchorElement>('[data-go]').href = `/papers/${paperId}?edition=${number}`;
    strip.hidden = false;
  });
}

watchEditions();
for (const pane of mountAll()) {
  mountTools(pane);
  const notes = mountNotes(pane);
  mountSide(pane, notes);
  void watchGone(pane, () => {
    notes?.forget();
    for (const each of document.querySelectorAll('.thumbs, [data-side-part="outline"]'))
      each.replaceChildren();
  });
}
