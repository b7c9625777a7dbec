// entry
// How one's own other opinion is read: check the very page, sign, send until the receipt verifies.
import './answer.css';
import { check, consultation, type Paper, person, signAndSend, wire } from './signing';

const desk = document.getElementById('ballot') as HTMLElement;
const at = `/consultations/${consultation}/classification`;
let paper: Paper | null = null;

async function prepare(): Promise<void> {
  const { reading = '', reason = '', ballotLeaf, resultLeaf } = desk.dataset;
  paper = await check(`${at}/paper`, {}, (statement) => ({
    statement,
    person,
    consultation,
    reading,
    reason,
    ballotLeaf: Number(ballotLeaf),
    resultLeaf: Number(resultLeaf),
  }));
}

async function sign(): Promise<void> {
  if (paper) await signAndSend(paper, 'classification', () => {});
}

document.querySelector('[data-check]')?.addEventListener('click', () => void prepare());
wire(sign);
