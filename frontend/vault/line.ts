/** Where there is a line, the server decides who reads what is kept; without one, the lease does. */

import type { Whole } from '../documents/ranges';
import { isLine, Refusal, send } from '../http';
import { csrfToken } from '../words';
import { canKeep } from './loading';
import { ask, isSigned, meet, openKept, others, owner, settle } from './vault';

export type Standing = 'offline' | 'ours' | 'locked' | 'signed_out' | 'none';

/** Whether what this page writes may be sent: not before it is known whose login is in force here,
 *  which gives the token as well. */
export async function admit(isRefused: boolean): Promise<boolean> {
  return (!isRefused && csrfToken() !== '') || (await standing()) === 'ours';
}

/** How this device stands to the server now; a vault that may not stay is gone after this. */
export async function standing(): Promise<Standing> {
  await settle();
  if (!isSigned()) return 'none';
  try {
    const { person, csrf } = await send<{ person: number; csrf: string }>('/vault/mine');
    // With another's token what was written here would be sent as theirs.
    takeToken((await owner()) === person ? csrf : '');
    await meet(person, 0);
    return (await owner()) === person ? 'ours' : 'none';
  } catch (wrong) {
    if (!(wrong instanceof Refusal) || isLine(wrong)) return 'offline';
    if (wrong.code === 'locked') return 'locked';
    await ask().catch(() => {});
    return isSigned() ? 'signed_out' : 'none';
  }
}

/** Whether what is kept may be read as this device stands. */
export const mayRead = (stands: Standing): boolean => stands === 'ours' || stands === 'offline';

/** Whoever the server made this page for. */
const pagesOwner = (): number =>
  Number(document.querySelector<HTMLElement>('#ended')?.dataset.owner);

/** All of an edition, where this device keeps it and there is no line to ask by. */
export async function keptWhole(edition: number): Promise<Whole | undefined> {
  if (!canKeep() || (await standing()) !== 'offline') return undefined;
  const vault = await openKept();
  const ends = await vault?.ends(edition);
  if (!vault || vault.person !== pagesOwner() || ends === undefined) return undefined;
  const bytes = await vault.bytes(edition);
  await vault.tell(edition, 'opened');
  return { bytes, ends };
}

/** The page itself holds none: it is the same for everybody. */
function takeToken(token: string): void {
  let meta = document.querySelector<HTMLMetaElement>('meta[name=csrf-token]');
  if (!meta) {
    meta = document.createElement('meta');
    meta.name = 'csrf-token';
    document.head.append(meta);
  }
  meta.content = token;
}

/** Ask again whenever the line may have come back; and when another page has emptied the vault. */
export function whenItChanges(again: () => void): void {
  addEventListener('online', again);
  addEventListener('offline', again);
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) again();
  });
  others.onmessage = again;
}
