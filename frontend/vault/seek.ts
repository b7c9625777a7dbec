// entry
/** Finding words in all papers that this device keeps: page by page, asked of nobody. */
import { opening, useWorker } from '../documents/opening';
import { word } from '../words';
import './seek.css';
import { standing, whenItChanges } from './line';
import { finder, type Place } from './query';
import { type About, openKept, type Vault } from './vault';

const AROUND = 60;
const MOST_PAGES = 200;

const form = document.querySelector<HTMLFormElement>('[data-seek]');
const input = form?.querySelector('input');
const said = document.querySelector<HTMLElement>('[data-seek-said]');
const list = document.querySelector<HTMLElement>('[data-seek-found]');
const row = document.querySelector<HTMLTemplateElement>('#found')?.content;

/** The pages' texts, of papers that were sought in; they go with this page. */
const texts = new Map<number, string[]>();
let asked = 0;

async function pagesOf(vault: Vault, about: About): Promise<string[]> {
  const known = texts.get(about.edition_id);
  if (known) return known;
  const task = opening(await vault.bytes(about.edition_id));
  try {
    const paper = await task.promise;
    const pages: string[] = [];
    for (let number = 1; number <= paper.numPages; number += 1) {
      const page = await paper.getPage(number);
      const { items } = await page.getTextContent();
      const words = items.map((each) => ('str' in each ? each.str + (each.hasEOL ? ' ' : '') : ''));
      pages.push(words.join('').normalize('NFC').replace(/\s+/g, ' '));
      page.cleanup();
    }
    texts.set(about.edition_id, pages);
    return pages;
  } finally {
    await task.destroy();
  }
}

function hit(about: About, page: number, text: string, { at, end }: Place): Node {
  const made = row?.cloneNode(true) as DocumentFragment;
  const link = made.querySelector('a');
  const query = new URLSearchParams({
    edition: String(about.edition_id),
    page: String(page),
    q: text.slice(at, end),
  });
  link?.setAttribute('href', `/vault/paper?${query}`);
  link?.replaceChildren(about.title);
  made.querySelector('[data-page]')?.replaceChildren(String(page));
  const lit = document.createElement('mark');
  lit.append(text.slice(at, end));
  // Whole words only, beside what was found.
  const before = text.slice(Math.max(0, at - AROUND), at).replace(/^\S*\s/, '');
  const after = text.slice(end, end + AROUND).replace(/\s\S*$/, '');
  made.querySelector('[data-words]')?.replaceChildren(`… ${before}`, lit, `${after} …`);
  return made;
}

async function seek(sought: string): Promise<void> {
  asked += 1;
  const own = asked;
  list?.replaceChildren();
  const vault = ['ours', 'offline'].includes(await standing()) ? await openKept() : undefined;
  const papers = (await vault?.papers()) ?? [];
  const find = finder(sought);
  if (!vault || !find || !form) return say('');
  useWorker(form.dataset.worker ?? '');
  let found = 0;
  for (const [place, about] of papers.entries()) {
    say(
      word({
        vi: `Đang tìm… ${place}/${papers.length}`,
        en: `Searching… ${place}/${papers.length}`,
      }),
    );
    const pages = await pagesOf(vault, about).catch(() => []);
    // Another search was begun, or the vault was locked or emptied meanwhile.
    if (own !== asked) return;
    for (const [index, text] of pages.entries()) {
      const place = find(text);
      if (!place) continue;
      found += 1;
      if (found <= MOST_PAGES) list?.append(hit(about, index + 1, text, place));
    }
  }
  say(
    found
      ? word({ vi: `Thấy ở ${found} trang.`, en: `Found on ${found} pages.` })
      : word({
          vi: 'Không thấy trong tài liệu trên máy này.',
          en: 'Not found in the papers on this device.',
        }),
  );
}

function say(words: string): void {
  said?.replaceChildren(words);
}

/** Nothing that was read stays on a page that may show nothing any more. */
function forget(): void {
  asked += 1;
  texts.clear();
  list?.replaceChildren();
  say('');
}

form?.addEventListener('submit', (event) => {
  event.preventDefault();
  void seek(input?.value ?? '');
});
whenItChanges(async () => {
  if (!['ours', 'offline'].includes(await standing())) forget();
});
