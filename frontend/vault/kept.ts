// entry
/** The reader of a paper that this device keeps: the same reader, its bytes from the vault. */
import '../documents/notes/notes.css';
import { listen } from '../documents/listening';
import { lookForNewer, newerThan } from '../documents/newer';
import { mountNotes } from '../documents/notes/mount';
import { PaperPane } from '../documents/pane';
import { element, mountTools } from '../documents/reading';
import { forgetSide, mountSide } from '../documents/side';
import { admit, mayRead, standing, whenItChanges } from './line';
import { type About, openKept, type Vault } from './vault';

const asked = Object.fromEntries(new URLSearchParams(location.search));
const root = element('[data-vault-paper]');

const toList = (): void => location.replace('/vault');

const may = async (): Promise<boolean> => mayRead(await standing());

/** By its address here; or by that of the reader, in whose place this page stands without a line. */
async function wanted(vault: Vault): Promise<About | undefined> {
  const paper = Number(/^\/papers\/(\d+)$/.exec(location.pathname)?.[1]);
  if (!paper) return vault.paper(Number(asked.edition));
  const editions = (await vault.papers()).filter((each) => each.paper_id === paper);
  editions.sort((a, b) => b.number - a.number);
  return asked.edition
    ? editions.find((each) => each.number === Number(asked.edition))
    : editions[0];
}

async function open(): Promise<void> {
  const vault = (await may()) ? await openKept() : undefined;
  const about = vault && (await wanted(vault));
  if (!vault || !about) return toList();
  const edition = about.edition_id;
  entitle(about);
  await order(vault, about);
  // The same address as online: the place of reading is the same.
  root.dataset.paperUrl = `/editions/${edition}/file`;
  root.dataset.paperId = String(about.paper_id);
  root.dataset.paperTitle = about.title;
  // Where it was found, and by which words.
  const { page, q } = asked;
  if (page) root.dataset.page = page;
  if (q) root.dataset.sought = q;
  // Notes made here wait under the same name as those made online, and are sent by either page.
  const { dataset } = element('[data-notes]');
  dataset.notes = `/editions/${edition}/notes`;
  dataset.edition = String(about.number);
  dataset.person = String(vault.person);
  const pane = new PaperPane(root, () => vault.bytes(edition));
  mountTools(pane);
  const notes = mountNotes(pane, admit);
  mountSide(pane, notes);
  await pane.opened;
  await vault.tell(edition, 'opened');
  let over: ReturnType<typeof setTimeout> | undefined;
  const stays = async () => {
    const ends = (await may()) ? await (await openKept())?.ends(edition) : undefined;
    if (ends === undefined) return toList();
    clearTimeout(over);
    over = setTimeout(stays, ends - Date.now());
  };
  await stays();
  // One may have come here without a line: it is listened for again when there may be one.
  let hears: Promise<boolean> | undefined;
  const hear = async () => {
    hears ??= listen(pane, {
      more: () => {
        notes?.forget();
        forgetSide();
        // It is dark by now; what lies here goes as well.
        void stays();
      },
      newer: newerThan(about.number, () => void lookForNewer()),
    });
    if (!(await hears)) hears = undefined;
  };
  void hear();
  whenItChanges(async () => {
    await stays();
    await hear();
  });
}

function entitle(about: About): void {
  document.title = `${about.title} – e-Cabinet`;
  const fill = (where: string, text: string) => element(where).replaceChildren(text);
  fill('[data-title]', about.title);
  fill('[data-edition]', String(about.number));
  fill('[data-read]', String(about.number));
  const { dataset } = element('[data-paper-newer]');
  dataset.paperNewer = String(about.number);
  dataset.paperId = String(about.paper_id);
  fill('[data-until]', about.until);
  fill('[data-paper-pages]', String(about.pages));
}

/** The other papers of its pack: beside it, and one tap before and after. */
async function order(vault: Vault, about: About): Promise<void> {
  const pack = (await vault.papers()).filter((each) => each.pack.path === about.pack.path);
  const place = pack.findIndex((each) => each.edition_id === about.edition_id);
  lead('[data-paper-before]', pack[place - 1]);
  lead('[data-paper-after]', pack[place + 1]);
  const row = document.querySelector<HTMLTemplateElement>('#paper')?.content;
  element('[data-kept]').append(
    ...pack.map((each) => {
      const made = row?.cloneNode(true) as DocumentFragment;
      const link = made.querySelector('a');
      link?.setAttribute('href', `/vault/paper?edition=${each.edition_id}`);
      link?.replaceChildren(each.title);
      if (each.edition_id === about.edition_id) markNow(made);
      made.querySelector('[data-pages]')?.replaceChildren(String(each.pages));
      return made;
    }),
  );
}

function markNow(made: DocumentFragment): void {
  made.querySelector('li')?.classList.add('row--now');
  made.querySelector('a')?.setAttribute('aria-current', 'page');
  for (const each of made.querySelectorAll<HTMLElement>('[data-when]')) {
    each.hidden = each.dataset.when !== 'now';
  }
}

function lead(where: string, to: About | undefined): void {
  const link = element<HTMLAnchorElement>(where);
  link.hidden = !to;
  if (!to) return;
  link.href = `/vault/paper?edition=${to.edition_id}`;
  link.querySelector('[data-title]')?.replaceChildren(to.title);
}

void open();
