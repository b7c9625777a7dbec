// entry
// Reserving an opinion beside an outcome: write, check the very page, sign, send until the receipt verifies.
import './answer.css';
import { word } from '../words';
import { draftOf, tidy } from './draft';
import { check as checkPaper, consultation, one, person, say, wire } from './signing';

const desk = document.getElementById('ballot') as HTMLElement;
const opinion = document.getElementById('opinion') as HTMLTextAreaElement;
const draft = draftOf<{ opinion: string }>('reserved', person, consultation);

async function check(): Promise<void> {
  opinion.value = tidy(opinion.value);
  draft.keep({ opinion: opinion.value });
  if (!opinion.value) {
    say('2', word({ vi: 'Ghi nội dung ý kiến', en: 'Enter the text of the opinion' }), opinion);
    return;
  }
  say('2', '');
  one('[data-opinion]').textContent = opinion.value;
  const { outcome = '', outcomeLeaf, resultLeaf } = desk.dataset;
  const asked = { opinion: opinion.value, outcome_leaf: Number(outcomeLeaf) };
  await checkPaper(`/consultations/${consultation}/reserved-opinion/paper`, asked, (statement) => ({
    statement,
    person,
    consultation,
    outcome,
    opinion: asked.opinion,
    outcomeLeaf: asked.outcome_leaf,
    resultLeaf: Number(resultLeaf),
  }));
}

opinion.value = draft.kept()?.opinion ?? '';
opinion.addEventListener('input', () => draft.keep({ opinion: opinion.value }));
document.getElementById('reserve')?.addEventListener('submit', (event) => event.preventDefault());
document.querySelector('[data-check]')?.addEventListener('click', () => void check());
wire('reserved_opinion', draft.drop);
