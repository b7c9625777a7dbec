// A reader's marked copy on paper: its pages are drawn one by one and handed to the browser to print.
import { Refusal, send } from '../http';
import { word } from '../words';
import type { PaperPane } from './pane';
import './printing.css';

/** As pictures; more of them than this a small device does not hold. */
const MOST_PAGES = 100;

/** Tie the dialog of a paper that may leave to its pages. */
export function mountPrinting(pane: PaperPane): void {
  const dialog = document.querySelector<HTMLDialogElement>('#leaves');
  const form = dialog?.querySelector<HTMLFormElement>('[data-print]');
  if (!dialog || !form) return;
  document.addEventListener('keydown', (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key !== 'p') return;
    event.preventDefault();
    if (!dialog.open) dialog.showModal();
  });
  const said = form.querySelector('[data-print-said]') as HTMLElement;
  let turn = 0;
  dialog.addEventListener('close', () => {
    turn += 1;
    said.replaceChildren();
  });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const mine = ++turn;
    try {
      await print(pane, form, said, () => turn === mine);
    } catch (wrong) {
      if (turn === mine) said.textContent = reason(wrong);
    }
  });
}

async function print(
  pane: PaperPane,
  form: HTMLFormElement,
  said: HTMLElement,
  isAsked: () => boolean,
): Promise<void> {
  const first = number(form, 'first');
  const last = number(form, 'last');
  if (last < first || last - first >= MOST_PAGES) {
    said.textContent = word({
      vi: `Hãy chọn từ 1 đến ${MOST_PAGES} trang liền nhau; nhiều hơn thì tải tệp rồi in.`,
      en: `Choose 1 to ${MOST_PAGES} pages in a row; for more, download the paper and print it.`,
    });
    return;
  }
  await pane.opened;
  await send(form.dataset.print ?? '', { method: 'POST' });
  const sheets = document.createElement('div');
  sheets.className = 'sheets';
  sheets.setAttribute('aria-hidden', 'true');
  const drawn: string[] = [];
  const drop = () => {
    sheets.remove();
    for (const each of drawn) URL.revokeObjectURL(each);
  };
  try {
    for (let page = first; page <= last && isAsked(); page += 1) {
      said.textContent = word({
        vi: `Đang chuẩn bị trang ${page - first + 1}/${last - first + 1}`,
        en: `Preparing page ${page - first + 1} of ${last - first + 1}`,
      });
      const address = URL.createObjectURL(await pane.view.print(page));
      drawn.push(address);
      sheets.append(await picture(address));
    }
    if (!isAsked()) return drop();
  } catch (wrong) {
    drop();
    throw wrong;
  }
  document.body.append(sheets);
  // Safari goes on while its window for printing is open: until then the pages must stay.
  window.addEventListener('afterprint', drop, { once: true });
  (form.closest('dialog') as HTMLDialogElement).close();
  window.print();
}

async function picture(address: string): Promise<HTMLElement> {
  const sheet = document.createElement('div');
  sheet.className = 'sheets__one';
  const image = document.createElement('img');
  image.alt = '';
  image.src = address;
  await image.decode();
  sheet.append(image);
  return sheet;
}

const number = (form: HTMLFormElement, name: string): number =>
  Number((form.elements.namedItem(name) as HTMLInputElement).value);

const reason = (wrong: unknown): string =>
  wrong instanceof Refusal
    ? wrong.message
    : word({
        vi: 'Chưa in được: có trang chưa vẽ được trên máy này. Hãy thử ít trang hơn, hoặc tải tệp rồi in.',
        en: 'Not printed: a page could not be drawn on this device. Try fewer pages, or download the paper and print it.',
      });
