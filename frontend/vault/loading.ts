/** Brings papers into the vault. */
import type { Answer } from '../documents/notes/note';
import { Refusal, refusalOf, send } from '../http';
import { word } from '../words';
import type { Leased, Pack, Vault } from './vault';

/** Whether this browser can keep papers at all: outside a secure context it has neither. */
export const canKeep = (): boolean => 'serviceWorker' in navigator && 'subtle' in crypto;

/** The pages by which papers are read without a line are here, and in force. */
export async function prepare(): Promise<void> {
  const worker = `/sw.js?lang=${document.documentElement.lang}`;
  await navigator.serviceWorker.register(worker, { updateViaCache: 'none' });
  await navigator.serviceWorker.ready;
  await navigator.storage?.persist?.();
}

/** Take a lease of an edition, its marked copy and one's notes on it; `tell` hears which share of it is here. */
export async function load(
  vault: Vault,
  edition: number,
  pack: Pack,
  tell: (share: number) => void,
): Promise<Leased> {
  const leased = await send<Leased>('/vault/leases', { body: { vault: vault.secret, edition } });
  const answer = await fetch(`/leases/${leased.lease_id}/file`).catch(() => null);
  if (!answer) throw cut();
  if (!answer.ok) throw await refusalOf(answer);
  const content = await whole(answer, leased.size, tell);
  const notes = await send<Answer>(`/editions/${edition}/notes?since=0`);
  await vault.keepNotes(edition, 'known', notes);
  await vault.keep({ ...leased, pack }, content);
  return leased;
}

async function whole(
  answer: Response,
  size: number,
  tell: (share: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const content = new Uint8Array(size);
  let place = 0;
  const reader = answer.body?.getReader();
  while (reader) {
    const { done, value } = await reader.read().catch(() => {
      throw cut();
    });
    if (done) break;
    if (place + value.length > size) throw cut();
    content.set(value, place);
    place += value.length;
    tell(place / size);
  }
  if (place !== size) throw cut();
  return content;
}

const cut = (): Refusal =>
  new Refusal(
    0,
    'offline',
    word({
      vi: 'Chưa tải hết: đường truyền bị ngắt. Phần đã tải xong vẫn còn. Hãy thử lại khi có mạng.',
      en: 'Not all was loaded: the line was cut. What was loaded whole stays. Try again once online.',
    }),
  );
