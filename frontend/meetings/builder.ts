// entry
// The agenda's builder: tells when another secretary changed it, and loses nothing that was typed.
import { once, untilNextPage } from '../busy';
import { show } from '../forms';
import { Refusal, send, sendForm } from '../http';
import { Live } from '../live';
import type { Place, Told } from '../sequence';
import { clockOf, word } from '../words';
import './meetings.css';
import { h, paint } from './paint';
import { Takings } from './taking';

interface Item {
  id: number;
  number: number;
  draft: number;
  title: string;
  minutes: number;
  agency: number | '';
  presenter: string;
  dossier: number | '';
  scope: 'open' | 'few';
}

interface Change {
  what: string;
  item: number | null;
  by: number;
  office: string;
  at: string;
  draft: number;
}

interface Draft extends Place {
  audience: string;
  draft: number;
  items: Item[];
  changes: Change[];
}

const builder = document.querySelector<HTMLElement>('[data-builder]');
const meeting = Number(builder?.dataset.builder);
const opened = Number(builder?.dataset.draft);
const me = Number(builder?.dataset.me);
const FIELDS = ['title', 'agency', 'presenter', 'minutes', 'dossier', 'scope'] as const;

const readDraft = (): Promise<Draft> => send<Draft>(`/meetings/${meeting}/draft?since=${opened}`);

/** Say in one line what others did since this page was opened. */
function tellOthers(draft: Draft): void {
  const others = draft.changes.filter((each) => each.by !== me);
  const last = others[others.length - 1];
  const strip = document.querySelector<HTMLElement>('[data-others]');
  if (!strip || !last) return;
  strip.hidden = false;
  paint(
    strip.querySelector('[data-others-words]'),
    word({
      vi: `${last.office} vừa sửa chương trình lúc ${clockOf(last.at)} (nháp ${last.draft}).`,
      en: `${last.office} changed the agenda at ${clockOf(last.at)} (draft ${last.draft}).`,
    }),
  );
}

/** Another was faster: show theirs beside what is typed here, and let the next saving decide. */
async function overtaken(form: HTMLFormElement): Promise<void> {
  const draft = await readDraft();
  const theirs = draft.items.find((each) => each.id === Number(form.dataset.item));
  const change = draft.changes.filter((each) => each.item === Number(form.dataset.item)).pop();
  form.querySelector('.overtaken')?.remove();
  if (!theirs) {
    form.prepend(
      note(
        word({
          vi: 'Nội dung này đã bị bỏ khỏi chương trình. Phần Ông/Bà nhập vẫn ở đây; chép lại rồi thêm thành nội dung mới nếu cần.',
          en: 'This item was taken off the agenda. What you typed is still here; add it as a new item if it is needed.',
        }),
      ),
    );
    return;
  }
  const who = change?.office ?? '';
  const at = change ? clockOf(change.at) : '';
  form.prepend(
    note(
      word({
        vi: `${who} đã sửa nội dung này lúc ${at}. Phần Ông/Bà nhập vẫn còn nguyên. Giá trị của người kia hiện dưới từng ô khác nhau: lấy lại nếu cần, rồi lưu.`,
        en: `${who} changed this item at ${at}. What you typed is kept. Their value stands under each field that differs: take it if you need it, then save.`,
      }),
    ),
  );
  for (const name of FIELDS) beside(form, name, String(theirs[name]));
  (form.elements.namedItem('draft') as HTMLInputElement).value = String(theirs.draft);
  form.querySelector<HTMLElement>('.overtaken')?.focus();
}

const note = (words: string): HTMLElement =>
  h('div', { class: 'overtaken', role: 'alert', tabindex: -1 }, h('p', { class: 'strong' }, words));

function beside(form: HTMLFormElement, name: string, value: string): void {
  const field = form.elements.namedItem(name) as HTMLInputElement | HTMLSelectElement | null;
  const host = field?.closest('.field');
  host?.querySelector('.theirs')?.remove();
  if (!field || !host || field.value === value) return;
  const words =
    field instanceof HTMLSelectElement
      ? ([...field.options].find((each) => each.value === value)?.text ?? value)
      : value;
  const take = h(
    'button',
    { type: 'button', class: 'btn btn--quiet' },
    word({ vi: 'Lấy giá trị này', en: 'Take this' }),
  );
  const row = h('span', { class: 'theirs' }, word({ vi: 'Bản mới: ', en: 'Newer: ' }), words, take);
  take.addEventListener('click', () => {
    field.value = value;
    row.remove();
  });
  host.append(row);
}

async function save(form: HTMLFormElement): Promise<void> {
  try {
    const to = await sendForm(form);
    if (!to) return;
    location.assign(to);
    await untilNextPage;
  } catch (wrong) {
    if (!(wrong instanceof Refusal)) throw wrong;
    if (wrong.code === 'stale') await overtaken(form);
    else show(form, wrong);
  }
}

document.addEventListener('submit', (event) => {
  const form = event.target as HTMLFormElement;
  if (form.dataset.itemForm === undefined) return;
  event.preventDefault();
  void once(form.querySelector('[type="submit"]'), () => save(form));
});

const takings = document.querySelector<HTMLFormElement>('form[data-takings]');
if (takings) new Takings(takings).begin();

void readDraft().then((draft) => {
  new Live<Draft>({
    enter: 'draft:enter',
    id: meeting,
    url: `/meetings/${meeting}/draft?since=${opened}`,
    state: draft,
    apply: (_told: Told) => void readDraft().then(tellOthers),
    replace: tellOthers,
  });
});
