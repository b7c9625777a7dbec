// entry
// How one's own other opinion is read: check the very page, sign, send until the receipt verifies.
import './answer.css';
import { check, consultation, one, person, wire } from './signing';

const desk = document.getElementById('ballot') as HTMLElement;

/** What the screen says, as it stands there, and so what alone may be signed. */
const text = (where: string): string => one(where).textContent ?? '';

async function prepare(): Promise<void> {
  const { reading = '', ballotLeaf, resultLeaf } = desk.dataset;
  await check(`/consultations/${consultation}/classification/paper`, {}, (statement) => ({
    statement,
    person,
    consultation,
    reading,
    opinion: text('[data-opinion]'),
    reason: text('[data-reason]'),
    ballotLeaf: Number(ballotLeaf),
    resultLeaf: Number(resultLeaf),
  }));
}

document.querySelector('[data-check]')?.addEventListener('click', () => void prepare());
wire('classification', () => {});
