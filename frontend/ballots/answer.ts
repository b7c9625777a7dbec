// entry
// Answering a question: choose, check the very paper, sign, send until the receipt verifies.
import './answer.css';
import { Refusal } from '../http';
import { tryHere } from '../signing/trial';
import { word } from '../words';
import { draftOf, tidy } from './draft';
import { offerProposals } from './proposal';
import { all, check as checkPaper, consultation, one, person, say, wire } from './signing';

const ballot = document.getElementById('ballot') as HTMLElement;
const form = document.getElementById('answer') as HTMLFormElement;
const opinion = document.getElementById('opinion') as HTMLTextAreaElement;
const needsOpinion = new Set(ballot.dataset.needsOpinion?.split(','));

const chosen = (): string =>
  form.querySelector<HTMLInputElement>('input[name=choice]:checked')?.value ?? '';

// ---- step 2: choose ----

const draft = draftOf<{ choice: string; opinion: string }>('ballot', person, consultation);
const saved = (): void => draft.keep({ choice: chosen(), opinion: opinion.value });

function tellOptional(): void {
  one('[data-optional]').hidden = needsOpinion.has(chosen());
}

function restore(): void {
  const entered = draft.kept();
  if (!entered) return;
  opinion.value = entered.opinion;
  for (const each of form.querySelectorAll<HTMLInputElement>('input[name=choice]')) {
    each.checked = each.value === entered.choice;
  }
}

/** What is missing before the answer can be checked, with the field where it belongs. */
function missing(): [string, HTMLElement] | null {
  if (!chosen()) {
    const first = document.getElementById('first-choice') as HTMLElement;
    return [word({ vi: 'Chọn một trong bốn ý kiến', en: 'Choose one of the four answers' }), first];
  }
  if (needsOpinion.has(chosen()) && !tidy(opinion.value)) {
    return [word({ vi: 'Ghi nội dung ý kiến', en: 'Enter the text of the opinion' }), opinion];
  }
  return null;
}

// ---- step 3: check ----

async function check(): Promise<void> {
  const wrong = missing();
  say('2', wrong?.[0] ?? '', wrong?.[1]);
  if (wrong) return;
  opinion.value = tidy(opinion.value);
  saved();
  const answer = { choice: chosen(), opinion: opinion.value };
  for (const each of all('[data-chosen]')) each.hidden = each.dataset.chosen !== answer.choice;
  one('[data-opinion]').textContent = answer.opinion || '–';
  const asked = { ...answer, follows: Number(ballot.dataset.follows) };
  await checkPaper(`/consultations/${consultation}/paper`, asked, (statement) => ({
    ...answer,
    statement,
    person,
    consultation,
    question: ballot.dataset.question ?? '',
    papers: (ballot.dataset.papers ?? '').split(',').filter(Boolean),
  }));
}

// ---- what the drafting agency is let read at once: the text so far, taken over to be edited ----

function offerEarly(): void {
  const words = document.querySelector<HTMLTextAreaElement>('[data-early-words]');
  let takenOver = '';
  document.querySelector('[data-open="early"]')?.addEventListener('click', () => {
    if (!words || words.value !== takenOver) return;
    takenOver = tidy(opinion.value);
    words.value = takenOver;
  });
}

// ---- three days before the end: can this device still sign? ----

async function askDevice(): Promise<void> {
  const strip = document.querySelector<HTMLElement>('[data-device]');
  if (!strip) return;
  const found = await tryHere(person).catch((wrong: unknown) => {
    if (wrong instanceof Refusal) return { canSign: false, said: wrong.message };
    throw wrong;
  });
  for (const each of strip.querySelectorAll<HTMLElement>('[data-device-mark]')) {
    each.hidden = each.dataset.deviceMark !== (found.canSign ? 'yes' : 'no');
  }
  const said = strip.querySelector('[data-device-said]');
  if (said) said.textContent = found.said;
  strip.hidden = false;
}

// ---- assembly ----

void askDevice();
offerEarly();
restore();
tellOptional();
offerProposals(form, opinion, person, consultation);
form.addEventListener('input', () => {
  saved();
  tellOptional();
});
form.addEventListener('submit', (event) => event.preventDefault());
document.querySelector('[data-check]')?.addEventListener('click', () => void check());
wire(undefined, draft.drop);
document.querySelector<HTMLSelectElement>('[data-shown]')?.addEventListener('change', (event) => {
  const select = event.target as HTMLSelectElement;
  const detail = { url: select.value, title: select.selectedOptions[0]?.textContent ?? '' };
  document
    .querySelector('[data-paper-url]')
    ?.dispatchEvent(new CustomEvent('paper:show', { detail }));
});
