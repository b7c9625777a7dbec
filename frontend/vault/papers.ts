// entry
/** The list of what this device keeps, read from the device alone. */
import { word } from '../words';
import { mayRead, standing, whenItChanges } from './line';
import { sendWaiting } from './notes';
import { type About, openKept, type Vault } from './vault';

const list = document.querySelector<HTMLElement>('[data-kept]');
const packs = document.querySelector<HTMLTemplateElement>('#pack')?.content;
const papers = document.querySelector<HTMLTemplateElement>('#paper')?.content;

/** One of the page's states in words; the others are hidden. */
function say(state: string): void {
  for (const each of document.querySelectorAll<HTMLElement>('[data-standing]')) {
    each.hidden = !each.dataset.standing?.split(' ').includes(state);
  }
}

async function paint(): Promise<void> {
  const stands = await standing();
  const vault = mayRead(stands) ? await openKept() : undefined;
  const kept = (await vault?.papers()) ?? [];
  say(mayRead(stands) && !kept.length ? `${stands === 'offline' ? 'off-' : ''}empty` : stands);
  const isOnline = stands === 'ours';
  list?.replaceChildren(
    ...byPack(kept).map(([title, them]) => section(title, them, vault, isOnline)),
  );
  await sayHowSafe();
  if (vault && stands === 'ours') await sendWaiting(vault.person);
}

function byPack(kept: About[]): [About[][number]['pack'], About[]][] {
  const found = new Map<string, [About['pack'], About[]]>();
  for (const each of kept) {
    const [, them] = found.get(each.pack.path) ?? [each.pack, []];
    found.set(each.pack.path, [each.pack, [...them, each]]);
  }
  return [...found.values()];
}

function section(
  pack: About['pack'],
  kept: About[],
  vault: Vault | undefined,
  isOnline: boolean,
): Node {
  const made = packs?.cloneNode(true) as DocumentFragment;
  made.querySelector('[data-title]')?.replaceChildren(pack.title);
  made.querySelector('[data-count]')?.replaceChildren(String(kept.length));
  made.querySelector('ul')?.append(...kept.map((each) => paper(each, vault, isOnline)));
  return made;
}

function paper(about: About, vault: Vault | undefined, isOnline: boolean): Node {
  const made = papers?.cloneNode(true) as DocumentFragment;
  const link = made.querySelector<HTMLAnchorElement>('a');
  if (link) link.href = `/vault/paper?edition=${about.edition_id}`;
  link?.replaceChildren(about.title);
  const fill = (where: string, text: string) => made.querySelector(where)?.replaceChildren(text);
  fill('[data-edition]', String(about.number));
  fill('[data-pages]', String(about.pages));
  fill('[data-until]', about.until);
  sayOfNewer(made, about, isOnline);
  made.querySelector('button')?.addEventListener('click', async () => {
    await vault?.drop(about.edition_id);
    await paint();
  });
  return made;
}

/** As the server said when it was last heard of; whoever has a line goes there. */
function sayOfNewer(made: DocumentFragment, about: About, isOnline: boolean): void {
  const { newest = about.number } = about;
  const isOlder = newest > about.number;
  for (const each of made.querySelectorAll<HTMLElement>('[data-when]')) {
    each.hidden = (each.dataset.when === 'older') !== isOlder;
  }
  made.querySelector('[data-newest]')?.replaceChildren(String(newest));
  const go = made.querySelector<HTMLAnchorElement>('[data-go]');
  if (!go) return;
  if (isOlder && isOnline) go.href = `/papers/${about.paper_id}?edition=${newest}`;
  else go.remove();
}

/** What the browser says of how long it keeps this, as it says it. */
async function sayHowSafe(): Promise<void> {
  const safe = await navigator.storage?.persisted?.();
  document.querySelector('[data-persisted]')?.replaceChildren(
    safe
      ? word({
          vi: 'Trình duyệt hứa giữ kho này cho đến khi Ông/Bà xóa.',
          en: 'The browser promises to keep this until you remove it.',
        })
      : word({
          vi: 'Trình duyệt không hứa giữ kho này: khi thiếu chỗ hoặc lâu không dùng, nó có thể tự xóa. Thêm e-Cabinet vào màn hình chính thì chắc hơn.',
          en: 'The browser does not promise to keep this: it may remove it when space runs out or after days without use. Adding e-Cabinet to the home screen makes it safer.',
        }),
  );
}

whenItChanges(() => void paint());
void paint();
