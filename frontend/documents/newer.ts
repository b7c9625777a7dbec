// There is a newer edition than the one that is read: a strip says so, and nothing is swapped.
import { send } from '../http';
import { element } from './reading';

export interface Current {
  number: number;
  id: number;
  compared: boolean;
  book: { first: number | null; pages: number } | null;
}

/** What is current by now; null without a line: then the paper is read on as it is, and it is asked
 *  again the next time. */
export async function lookForNewer(session?: string, edition?: string): Promise<Current | null> {
  const strip = document.querySelector<HTMLElement>('[data-paper-newer]');
  const { paperId, paperNewer } = strip?.dataset ?? {};
  if (!strip || !paperId) return null;
  const ofBook = session ? `?session=${session}&edition=${edition}` : '';
  const now = await send<Current>(`/papers/${paperId}/edition${ofBook}`).catch(() => null);
  if (!now || now.number <= Number(paperNewer)) return now;
  const { number, id } = now;
  const changes = element<HTMLAnchorElement>('[data-changes]');
  changes.href = `/editions/${id}/changes`;
  changes.hidden = !now.compared;
  element('[data-number]').textContent = String(number);
  element<HTMLAnchorElement>('[data-go]').href =
    `/papers/${paperId}?edition=${number}${session ? `&session=${session}` : ''}`;
  strip.hidden = false;
  return now;
}

/** Each number that is newer than all before it is looked for once. */
export function newerThan(told: number, look: () => void): (number: number) => void {
  let newest = told;
  return (number) => {
    if (number <= newest) return;
    newest = number;
    look();
  };
}
