/** Notes on this device: sealed in the vault, as its papers are. */
import type { Answer, Waiting } from '../documents/notes/note';
import { Refusal, send } from '../http';
import { canKeep } from './loading';
import { isSigned, openFor, openKept, type Vault } from './vault';

type Sent = [id: string, waiting: Waiting][];

/** As many as the server takes at once. */
export const AT_ONCE = 200;

/** One person's notes on one edition. */
export class NoteRoom {
  /** What is kept later is never overtaken by what was kept before. */
  private turn: Promise<boolean> = Promise.resolve(true);

  constructor(
    private readonly person: number,
    private readonly edition: number,
  ) {}

  /** What waits to be sent, and what the server had when it was last asked. */
  async open(): Promise<{ waiting: Sent; known?: Answer }> {
    const vault = await this.kept();
    const waiting = await vault?.notes<Sent>(this.edition, 'waiting');
    return { waiting: waiting ?? [], known: await vault?.notes<Answer>(this.edition, 'known') };
  }

  /** Whether it could be kept: not on a full device, nor by one that has no vault and no line. */
  keep(waiting: Map<string, Waiting>): Promise<boolean> {
    const sent: Sent = [...waiting];
    this.turn = this.turn.then(() => this.write(sent)).catch(() => false);
    return this.turn;
  }

  /** Keep what the server has, for when there is no line: where the paper itself is kept. */
  async know(answer: Answer): Promise<void> {
    const vault = await this.kept();
    if (await vault?.paper(this.edition)) {
      await vault?.keepNotes(this.edition, 'known', answer);
    }
  }

  private async write(sent: Sent): Promise<boolean> {
    if (!sent.length) {
      await (await this.kept())?.dropNotes(this.edition, 'waiting');
      return true;
    }
    const vault = (await this.kept()) ?? (await this.make());
    await vault?.keepNotes(this.edition, 'waiting', sent);
    return vault !== undefined;
  }

  private async kept(): Promise<Vault | undefined> {
    const vault = canKeep() && isSigned() ? await openKept() : undefined;
    return vault?.person === this.person ? vault : undefined;
  }

  private async make(): Promise<Vault | undefined> {
    if (!canKeep()) return undefined;
    return openFor(this.person).catch((wrong) => {
      if (wrong instanceof Refusal) return undefined;
      throw wrong;
    });
  }
}

/** Send what waits here, whatever page is open; what is refused stays until its reader sees it. */
export async function sendWaiting(person: number): Promise<void> {
  const vault = isSigned() ? await openKept() : undefined;
  if (vault?.person !== person) return;
  for (const { edition, notes, leave } of await vault.waiting<Sent>()) {
    try {
      for (let at = 0; at < notes.length; at += AT_ONCE) {
        const some = notes.slice(at, at + AT_ONCE).map(([id, each]) => ({ id, ...each }));
        await send(`/editions/${edition}/notes`, { body: { notes: some, since: 0 } });
      }
      await leave();
    } catch (wrong) {
      if (!(wrong instanceof Refusal)) throw wrong;
      // Of a paper that was removed nothing stays, here either.
      if (wrong.code === 'removed') await leave();
    }
  }
}
