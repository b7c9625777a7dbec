/** The service worker: keeps the pages that name nobody and what they are made of, so that they
 *  open without a line. It keeps nothing of any person; papers lie in the vault, sealed. */

/** Put in by the build: what is kept, and the digest of it all. */
declare const SHELF: string[];
declare const BUILD: string;

interface Lasting extends Event {
  waitUntil(done: Promise<unknown>): void;
}

interface Fetching extends Lasting {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}

interface Worker extends EventTarget {
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
}

const worker = self as unknown as Worker;
const SHELF_NOW = `shelf-${BUILD}`;
const LIST = '/vault';
const PAPER = '/vault/paper';
const SHELLS = [LIST, PAPER];
/** A paper's own page, in whose place stands the reader of what is kept. */
const READER = /^\/papers\/\d+$/;
const kept = new Set(SHELF);

const language = new URL(location.href).searchParams.get('lang') ?? 'vi';

/** A shell is asked for without its reader's cookie: it is nobody's. */
const nobodys = (path: string): Request =>
  new Request(`${path}?lang=${language}`, { cache: 'no-cache', credentials: 'omit' });

async function stock(): Promise<void> {
  const shelf = await caches.open(SHELF_NOW);
  await shelf.addAll([...SHELF, ...SHELLS.map(nobodys)]);
  await worker.skipWaiting();
}

async function clear(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith('shelf-') && name !== SHELF_NOW);
  await Promise.all(old.map((name) => caches.delete(name)));
  await worker.clients.claim();
}

const shelved = (path: string): Promise<Response | undefined> =>
  caches.match(path, { ignoreSearch: true, ignoreVary: true });

/** The server first; without a line the reader of what is kept, or the list of it. */
async function page(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (cut) {
    const { pathname } = new URL(request.url);
    const isOfPaper = pathname === PAPER || READER.test(pathname);
    const shell = await shelved(isOfPaper ? PAPER : LIST);
    if (!shell) throw cut;
    return shell;
  }
}

async function part(request: Request): Promise<Response> {
  return (await shelved(new URL(request.url).pathname)) ?? fetch(request);
}

worker.addEventListener('install', (event) => (event as Lasting).waitUntil(stock()));
worker.addEventListener('activate', (event) => (event as Lasting).waitUntil(clear()));
worker.addEventListener('fetch', (event) => {
  const { request } = event as Fetching;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin) return;
  if (request.mode === 'navigate') (event as Fetching).respondWith(page(request));
  else if (kept.has(url.pathname)) (event as Fetching).respondWith(part(request));
});
