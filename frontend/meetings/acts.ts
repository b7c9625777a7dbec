// How an act of this page is asked about and sent.
import { send } from '../http';
import { word } from '../words';
import { live } from './line';
import { h } from './paint';
import { base, room } from './room';
import { itemOf, lastVoteOn } from './state';
import { itemWords } from './words';

export async function act(
  path: string,
  fields: Record<string, string | string[]> = {},
): Promise<void> {
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    for (const each of [value].flat()) body.append(name, each);
  }
  await send<void>(`${base}${path}`, { method: 'POST', body });
  await live.refresh();
}

export const dialogOf = (id: string): HTMLDialogElement | null =>
  document.getElementById(id) as HTMLDialogElement | null;

const CONCLUDE = { vi: 'Kết luận', en: 'Conclude' };
const TITLES: Record<string, { vi: string; en: string }> = {
  defer: { vi: 'Hoãn', en: 'Defer' },
  'open-vote': { vi: 'Biểu quyết', en: 'Vote on' },
};

export function ask(id: string, itemId?: string): void {
  const dialog = dialogOf(id);
  if (!dialog) return;
  const form = dialog.querySelector('form');
  const item = itemOf(room.parts, Number(itemId));
  if (form && item && form.dataset.item !== String(item.id)) {
    form.reset();
    form.dataset.item = String(item.id);
    dialog.querySelector('[data-order-list]')?.replaceChildren();
  }
  const title = dialog.querySelector('[data-item-title]');
  const verb = dialog.querySelector('[data-item-verb]');
  if (item) {
    const words = `${word(TITLES[id] ?? CONCLUDE)} ${itemWords(item)}`;
    if (title) title.textContent = `${words}: ${item.title}`;
    if (verb) verb.textContent = words;
  }
  const decides = dialog.querySelector<HTMLElement>('[data-decides]');
  if (decides && item) {
    decides.hidden = lastVoteOn(room.parts, item.id)?.outcome !== 'needs_decision';
  }
  dialog.querySelector('.errs')?.remove();
  dialog.showModal();
}

export function addOrder(): void {
  const list = document.querySelector('[data-order-list]');
  if (!list) return;
  const number = list.children.length + 1;
  const id = `order-${number}`;
  list.append(
    h(
      'p',
      { class: 'field' },
      h(
        'label',
        { class: 'field__l', for: id },
        word({ vi: `Nhiệm vụ ${number}`, en: `Order ${number}` }),
      ),
      h('textarea', { class: 'input', id, name: 'order', rows: 2 }),
    ),
  );
  document.getElementById(id)?.focus();
}

/** Ask about a vote on an item, with the question that is usual; its words are the chair's. */
export function askVote(itemId: string | undefined): void {
  ask('open-vote', itemId);
  const item = itemOf(room.parts, Number(itemId));
  const question = document.getElementById('vote-question') as HTMLTextAreaElement | null;
  if (item && question && !question.value) {
    question.value = word({
      vi: `Đồng ý thông qua: ${item.title}?`,
      en: `Do you agree to adopt: ${item.title}?`,
    });
  }
}
