/** The papers that this device keeps: made, opened, told of, emptied. */
import { Refusal, send } from '../http';
import { fromBase64 } from '../signing/base64';
import { word } from '../words';
import { newKey, random, seal, unsealed, unwrapped, wrapperOf } from './sealing';
import {
  type NotesPart,
  type NotesRow,
  type PaperRow,
  type Sealed,
  store,
  type VaultRow,
} from './store';

/** What the server says of a paper that may be kept. */
export interface Leased {
  paper_id: number;
  edition_id: number;
  number: number;
  /** That of its paper's current edition. */
  newest?: number;
  title: string;
  dossier: string;
  pages: number;
  size: number;
  /** The end of the lease in words, by the server's clock. */
  until: string;
  seconds: number;
}

/** Where a paper was taken from: a session, a consultation, a dossier; and where it stands there. */
export interface Pack {
  path: string;
  title: string;
  place?: number;
}

export interface About extends Leased {
  pack: Pack;
}

interface Opened {
  vault: string;
  half: string;
  kept: Leased[];
}

const ALL = ['vault', 'papers', 'files', 'news', 'notes'] as const;
const SALT_BYTES = 16;
const SIGN = 'vault';
const LEFT = 'vault:left';
const REFUSED = [404, 409];
/** How long notes alone can be opened here without asking anybody: as long as a paper. */
const ALONE = 72 * 60 * 60_000;

/** Said to every page of this browser when the vault was emptied. */
export const others = new BroadcastChannel('vault');

/** Whether this browser has a vault, without opening anything. */
export const isSigned = (): boolean => localStorage.getItem(SIGN) !== null;

const named = (person: number, edition: number, part: string): string =>
  `${person}/${edition}/${part}`;

async function row(): Promise<VaultRow | undefined> {
  return (await (await store()).getAll('vault'))[0];
}

export const owner = async (): Promise<number | undefined> => (await row())?.person;

/** The vault was emptied while something was on its way into it. */
const emptied = (): Refusal =>
  new Refusal(
    409,
    'emptied',
    word({
      vi: 'Kho trên máy này vừa được xóa vì đã đăng xuất. Hãy đăng nhập rồi tải lại.',
      en: 'What this device kept was just removed, since somebody signed out. Sign in and load again.',
    }),
  );

/** An opened vault. */
export class Vault {
  constructor(
    readonly person: number,
    readonly secret: string,
    private readonly key: CryptoKey,
  ) {}

  /** What is kept, in the order of where it was taken from; of two editions the older first. */
  async papers(): Promise<About[]> {
    const rows = await (await store()).getAll('papers', range(this.person));
    const found = await Promise.all(rows.map((each) => this.about(each).catch(() => undefined)));
    // Sealed by a key that is no more: nobody opens it again.
    const lost = rows.filter((_, place) => !found[place]).map((each) => each.edition);
    await forget(this.person, lost);
    return inOrder(found.filter((each) => each !== undefined));
  }

  async paper(edition: number): Promise<About | undefined> {
    const found = await (await store()).get('papers', [this.person, edition]);
    return found && this.about(found);
  }

  /** When its lease ends, by this device's clock; nothing where it is not kept. */
  async ends(edition: number): Promise<number | undefined> {
    return (await (await store()).get('papers', [this.person, edition]))?.ends;
  }

  async bytes(edition: number): Promise<Uint8Array<ArrayBuffer>> {
    const found = await (await store()).get('files', [this.person, edition]);
    if (!found) throw new Error(`edition ${edition} is not kept`);
    return unsealed(this.key, named(this.person, edition, 'file'), found.file);
  }

  async keep(about: About, content: Uint8Array<ArrayBuffer>): Promise<void> {
    const edition = about.edition_id;
    const file = await seal(this.key, named(this.person, edition, 'file'), content);
    const said = await this.sealedAbout(about);
    const db = await store();
    const writing = db.transaction(['vault', 'papers', 'files'], 'readwrite');
    const kept = await writing.objectStore('vault').get(this.person);
    if (kept?.secret !== this.secret) throw emptied();
    const key = { person: this.person, edition };
    await Promise.all([
      writing.objectStore('files').put({ ...key, file }),
      writing.objectStore('papers').put({ ...key, ends: endOf(about), about: said }),
      writing.done,
    ]);
  }

  /** Its pack has come into another order since it was taken along. */
  async place(about: About, pack: Pack): Promise<void> {
    const db = await store();
    const said = await this.sealedAbout({ ...about, pack });
    const kept = await db.get('papers', [this.person, about.edition_id]);
    if (kept) await db.put('papers', { ...kept, about: said });
  }

  async drop(edition: number): Promise<void> {
    await forget(this.person, [edition]);
    await this.tell(edition, 'dropped');
  }

  /** Notes on an edition, as they were kept last. */
  async notes<Notes>(edition: number, part: NotesPart): Promise<Notes | undefined> {
    const found = await (await store()).get('notes', [this.person, edition, part]);
    return found && this.opened(found);
  }

  async keepNotes(edition: number, part: NotesPart, notes: unknown): Promise<void> {
    const said = new TextEncoder().encode(JSON.stringify(notes));
    const sealed = await seal(this.key, named(this.person, edition, part), said);
    const row = { person: this.person, edition, part, notes: sealed };
    const writing = (await store()).transaction(['vault', 'notes'], 'readwrite');
    const kept = await writing.objectStore('vault').get(this.person);
    if (kept?.secret !== this.secret) throw emptied();
    await Promise.all([writing.objectStore('notes').put(row), writing.done]);
  }

  async dropNotes(edition: number, part: NotesPart): Promise<void> {
    await (await store()).delete('notes', [this.person, edition, part]);
  }

  /** What is not sent yet, on any edition. `leave` takes one out, unless it was added to since. */
  async waiting<Notes>(): Promise<{ edition: number; notes: Notes; leave(): Promise<void> }[]> {
    const db = await store();
    const rows = (await db.getAll('notes')).filter(
      (each) => each.person === this.person && each.part === 'waiting',
    );
    return Promise.all(
      rows.map(async (row) => ({
        edition: row.edition,
        notes: await this.opened<Notes>(row),
        leave: async () => {
          const writing = db.transaction('notes', 'readwrite');
          const key: [number, number, NotesPart] = [row.person, row.edition, row.part];
          const now = await writing.store.get(key);
          if (now && String(now.notes.iv) === String(row.notes.iv)) await writing.store.delete(key);
          await writing.done;
        },
      })),
    );
  }

  private async opened<Notes>({ edition, part, notes }: NotesRow): Promise<Notes> {
    const said = await unsealed(this.key, named(this.person, edition, part), notes);
    return JSON.parse(new TextDecoder().decode(said));
  }

  /** Keep for the server that a paper was opened or given up. */
  async tell(edition: number, what: 'opened' | 'dropped'): Promise<void> {
    await (await store()).add('news', { person: this.person, edition, what, at: Date.now() });
  }

  /** What the server has said last: leases that go on, and papers that go. */
  async follow(leased: Leased[]): Promise<void> {
    const goOn = new Map(leased.map((each) => [each.edition_id, each]));
    const papers = await this.papers();
    const over = papers.filter((each) => !goOn.has(each.edition_id));
    await forget(
      this.person,
      over.map((each) => each.edition_id),
    );
    for (const each of papers) {
      const lease = goOn.get(each.edition_id);
      if (!lease) continue;
      const about = await this.sealedAbout({ ...each, ...lease });
      const key = { person: this.person, edition: each.edition_id };
      await (await store()).put('papers', { ...key, ends: endOf(lease), about });
    }
  }

  private async about(paper: PaperRow): Promise<About> {
    const name = named(this.person, paper.edition, 'about');
    return JSON.parse(new TextDecoder().decode(await unsealed(this.key, name, paper.about)));
  }

  private sealedAbout(about: About): Promise<Sealed> {
    const said = new TextEncoder().encode(JSON.stringify(about));
    return seal(this.key, named(this.person, about.edition_id, 'about'), said);
  }
}

const inOrder = (papers: About[]): About[] => {
  // One that was taken along before places were kept stands after those that have one.
  const place = ({ pack }: About) => pack.place ?? Number.MAX_SAFE_INTEGER;
  return papers.sort((a, b) => place(a) - place(b) || a.edition_id - b.edition_id);
};

const endOf = (lease: Leased): number => Date.now() + lease.seconds * 1000;

const range = (person: number): IDBKeyRange =>
  IDBKeyRange.bound([person, 0], [person, Number.MAX_SAFE_INTEGER]);

async function forget(person: number, editions: number[]): Promise<void> {
  if (!editions.length) return;
  const writing = (await store()).transaction(['papers', 'files', 'notes'], 'readwrite');
  for (const each of editions) {
    void writing.objectStore('notes').delete([person, each, 'known']);
    void writing.objectStore('papers').delete([person, each]);
    void writing.objectStore('files').delete([person, each]);
  }
  await writing.done;
}

/** What may still be read here without asking anybody; the key goes with the last lease. */
export async function openKept(): Promise<Vault | undefined> {
  const kept = await row();
  if (!kept) return undefined;
  kept.seen = Math.max(kept.seen, Date.now());
  const db = await store();
  const papers = await db.getAll('papers', range(kept.person));
  const over = papers.filter((each) => each.ends <= kept.seen);
  await forget(
    kept.person,
    over.map((each) => each.edition),
  );
  const isOver = papers.length ? over.length === papers.length : kept.seen - kept.heard >= ALONE;
  if (isOver) delete kept.wrapper;
  await db.put('vault', kept);
  if (!kept.wrapper) return undefined;
  return new Vault(kept.person, kept.secret, await unwrapped(kept.wrapped, kept.wrapper));
}

/** This person's vault, made where there is none; the server gives its half to a login in force. */
export async function openFor(person: number): Promise<Vault> {
  const kept = await row();
  if (kept && kept.person !== person) await empty();
  else if (kept) {
    const opened = await hear(kept);
    if (opened) return opened;
  }
  return make(person);
}

async function make(person: number): Promise<Vault> {
  const { vault: secret, half } = await send<Opened>('/vault', { body: {} });
  const salt = random(SALT_BYTES);
  const wrapper = await wrapperOf(fromBase64(half), salt, secret);
  const wrapped = await newKey(wrapper);
  const seen = Date.now();
  await (await store()).put('vault', {
    person,
    secret,
    salt,
    wrapped,
    wrapper,
    seen,
    heard: seen,
  });
  localStorage.setItem(SIGN, '1');
  return new Vault(person, secret, await unwrapped(wrapped, wrapper));
}

/** Tell the server what it does not know, and do what it says; a vault it refuses is emptied. */
async function hear(kept: VaultRow): Promise<Vault | undefined> {
  const db = await store();
  const keys = await db.getAllKeys('news');
  const news = await db.getAll('news');
  const readings = news
    .filter((each) => each.what === 'opened')
    .flatMap((each) => [each.edition, Math.max(0, Math.round((Date.now() - each.at) / 1000))]);
  const dropped = news.filter((each) => each.what === 'dropped').map((each) => each.edition);
  let opened: Opened;
  try {
    opened = await send<Opened>('/vault', { body: { vault: kept.secret, readings, dropped } });
  } catch (wrong) {
    if (!(wrong instanceof Refusal) || !REFUSED.includes(wrong.status)) throw wrong;
    await empty();
    return undefined;
  }
  await Promise.all(keys.map((each) => db.delete('news', each)));
  kept.wrapper = await wrapperOf(fromBase64(opened.half), kept.salt, kept.secret);
  kept.heard = Date.now();
  await db.put('vault', kept);
  const vault = new Vault(kept.person, kept.secret, await unwrapped(kept.wrapped, kept.wrapper));
  await vault.follow(opened.kept);
  return vault;
}

/** Whoever is signed in here meets the vault: their own is heard of, another's is emptied. */
export async function meet(person: number, atMostEach: number): Promise<void> {
  const kept = await row();
  if (!kept) return;
  if (kept.person !== person) await empty();
  else if (Date.now() - kept.heard >= atMostEach) await hear(kept);
}

/** Nobody is signed in here: ask by the vault's secret alone whether it may stay. */
export async function ask(): Promise<void> {
  const kept = await row();
  if (!kept) return;
  const { stays } = await send<{ stays: boolean }>('/vault/contact', {
    body: { vault: kept.secret },
  });
  if (!stays) await empty();
}

/** Nothing of the vault can be opened here from now on; the server is told so, now or later. */
export async function empty(): Promise<void> {
  const kept = await row();
  if (kept) localStorage.setItem(LEFT, kept.secret);
  await clear();
  others.postMessage('emptied');
  await tellLeft().catch(() => {});
}

async function clear(): Promise<void> {
  const emptying = (await store()).transaction(ALL, 'readwrite');
  await Promise.all([...ALL.map((each) => emptying.objectStore(each).clear()), emptying.done]);
  localStorage.removeItem(SIGN);
}

/** The page that was emptying may have been left in the middle: the next one ends what it began. */
export async function settle(): Promise<void> {
  const left = localStorage.getItem(LEFT);
  if (!left) return;
  const kept = await row();
  if (kept?.secret === left) await clear();
  else if (!kept) localStorage.removeItem(SIGN);
}

/** Tell the server of a vault that was emptied here, where that could not be told then. */
export async function tellLeft(): Promise<void> {
  await settle();
  const vault = localStorage.getItem(LEFT);
  if (!vault) return;
  await send('/vault/contact', { body: { vault, emptied: true } });
  localStorage.removeItem(LEFT);
}
