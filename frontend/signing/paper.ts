/**
 * What you see is what you sign: the PDF that is shown, the statement inside it and the bytes
 * that get signed have to say one and the same thing, or nothing is signed.
 */
import { joined, sameBytes, sha256, toHex, utf8 } from './base64';
import {
  type Bytes,
  body,
  element,
  NotDer,
  OCTET_STRING,
  objectId,
  readAll,
  readAttributes,
  SEQUENCE,
} from './der';

interface Common {
  /** The canonical statement that came with the PDF. */
  statement: string;
  person: number;
  keyId: string;
  signatureClass: 'device' | 'token' | 'official-duty';
  consultation: number;
  /** The member's certificate, DER, where the device has it. */
  certificate?: Bytes;
}

interface BallotShown extends Common {
  question: string;
  choice: string;
  opinion: string;
  /** SHA-256 of each paper shown, in hex, in their order. */
  papers: string[];
}

/** How the member's own other opinion is read: of which ballot, beside which result, and why. */
interface ClassificationShown extends Common {
  reading: string;
  opinion: string;
  reason: string;
  ballotLeaf: number;
  resultLeaf: number;
}

/** What a member sets beside an outcome for the record: which one, found by which act. */
interface ReservedShown extends Common {
  outcome: string;
  opinion: string;
  outcomeLeaf: number;
  resultLeaf: number;
}

/** What the screen shows, and so what alone may be signed. */
export type Expected = BallotShown | ClassificationShown | ReservedShown;

type Without<T, Names extends PropertyKey> = T extends unknown ? Omit<T, Names> : never;
/** The same before a key is known that signs it. */
export type Shown = Without<Expected, 'keyId' | 'signatureClass'>;

export type PaperFault =
  | 'not_whole'
  | 'hole_not_empty'
  | 'other_pdf'
  | 'attributes'
  | 'other_certificate'
  | 'statement_missing'
  | 'other_statement'
  | 'no_key';

export class WillNotSign extends Error {
  constructor(readonly reason: PaperFault) {
    super(reason);
  }
}

const CONTENT_TYPE = '1.2.840.113549.1.9.3';
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4';
const SIGNING_CERTIFICATE = '1.2.840.113549.1.9.16.2.47';
const ALGORITHM_PROTECTION = '1.2.840.113549.1.9.52';
const EXPECTED = new Set([CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_CERTIFICATE, ALGORITHM_PROTECTION]);
const DATA = objectId('1.2.840.113549.1.7.1');
const SHA256_ECDSA = element(
  SEQUENCE,
  element(SEQUENCE, objectId('2.16.840.1.101.3.4.2.1')),
  element(0xa1, objectId('1.2.840.10045.4.3.2')),
);

/** The mark of this PDF, or WillNotSign with the reason. */
export async function checkPaper(
  pdf: Bytes,
  attributes: Bytes,
  expected: Expected,
): Promise<Bytes> {
  const digest = await sha256(outsideHole(pdf));
  const named = await namedDigest(attributes, expected.certificate);
  if (!sameBytes(named, digest)) throw new WillNotSign('other_pdf');
  checkStatement(pdf, expected.statement);
  await compare(expected);
  return digest;
}

/** The digest of a PDF that is signed elsewhere: it bears no signature yet, and the statement. */
export async function checkOutsidePaper(pdf: Bytes, expected: Expected): Promise<Bytes> {
  if (/\/ByteRange/.test(latin(pdf))) throw new WillNotSign('not_whole');
  checkStatement(pdf, expected.statement);
  await compare(expected);
  return sha256(pdf);
}

/** All of the PDF but the hole that waits for the signature (PDF 32000-1, 12.8.1). */
function outsideHole(pdf: Bytes): Bytes {
  const text = latin(pdf);
  const found = [...text.matchAll(/\/ByteRange/g)];
  const range = /\/ByteRange ?\[0 (\d+) (\d+) (\d+)\]/.exec(text)?.slice(1).map(Number);
  const [hole = 0, after = 0, rest = 0] = range ?? [];
  if (found.length !== 1 || !range || after + rest !== pdf.length || hole >= after) {
    throw new WillNotSign('not_whole');
  }
  if (!/^<(?:00)+>$/.test(text.slice(hole, after))) throw new WillNotSign('hole_not_empty');
  return joined(pdf.subarray(0, hole), pdf.subarray(after));
}

/** The digest that the attributes name, once they are the four that belong there. */
async function namedDigest(attributes: Bytes, certificate?: Bytes): Promise<Bytes> {
  try {
    const found = readAttributes(attributes);
    for (const id of found.keys()) if (!EXPECTED.has(id)) throw new NotDer(`attribute ${id}`);
    const protection = found.get(ALGORITHM_PROTECTION);
    if (!sameBytes(value(found, CONTENT_TYPE), DATA)) throw new NotDer('not data');
    if (protection && !sameBytes(protection, SHA256_ECDSA)) throw new NotDer('other algorithms');
    const digest = body(value(found, MESSAGE_DIGEST), OCTET_STRING);
    const signer = certificateDigest(value(found, SIGNING_CERTIFICATE));
    if (certificate && !sameBytes(signer, await sha256(certificate))) {
      throw new WillNotSign('other_certificate');
    }
    return digest;
  } catch (wrong) {
    if (wrong instanceof NotDer) throw new WillNotSign('attributes');
    throw wrong;
  }
}

function value(found: Map<string, Bytes>, id: string): Bytes {
  const bytes = found.get(id);
  if (!bytes) throw new NotDer(`attribute ${id} is missing`);
  return bytes;
}

/** ESSCertIDv2 (RFC 5035): one certificate, by SHA-256, which DER leaves unsaid as the default. */
function certificateDigest(signing: Bytes): Bytes {
  const [certificates, ...policies] = readAll(body(signing, SEQUENCE));
  if (!certificates || policies.length) throw new NotDer('not one list of certificates');
  const [id, ...more] = readAll(body(certificates.whole, SEQUENCE));
  if (!id || more.length) throw new NotDer('not one certificate');
  const [hash, issuer, ...rest] = readAll(body(id.whole, SEQUENCE));
  if (!hash || !issuer || issuer.tag !== SEQUENCE || rest.length) throw new NotDer('ESSCertIDv2');
  const digest = body(hash.whole, OCTET_STRING);
  if (digest.length !== 32) throw new NotDer('not SHA-256');
  return digest;
}

/** The statement stands in the PDF once, as a file of its own, word for word. */
function checkStatement(pdf: Bytes, statement: string): void {
  const text = latin(pdf);
  const wanted = latin(utf8(statement));
  const files = text.match(/\/EmbeddedFile(?!s)/g) ?? [];
  const place = text.indexOf(wanted);
  const alone = place >= 0 && text.indexOf(wanted, place + 1) < 0;
  const before = text.slice(Math.max(0, place - 8), place);
  const after = text.slice(place + wanted.length, place + wanted.length + 11);
  const bounded = /stream\r?\n$/.test(before) && /^\r?\nendstream/.test(after);
  if (!wanted || files.length !== 1 || !alone || !bounded)
    throw new WillNotSign('statement_missing');
}

/** The statement says what the screen shows, field by field. */
async function compare(expected: Expected): Promise<void> {
  const said = readStatement(expected.statement);
  const same =
    said.consultation === expected.consultation &&
    said.member === expected.person &&
    said.key_id === expected.keyId &&
    said.signature_class === expected.signatureClass &&
    (await saysWhatIsShown(said, expected));
  if (!same) throw new WillNotSign('other_statement');
}

function saysWhatIsShown(said: Statement, expected: Expected): Promise<boolean> {
  if ('reading' in expected) return saysReading(said, expected);
  return 'outcome' in expected ? saysReserved(said, expected) : saysAnswer(said, expected);
}

async function saysReserved(said: Statement, expected: ReservedShown): Promise<boolean> {
  return (
    said.type === 'reserved_opinion' &&
    said.outcome === expected.outcome &&
    said.opinion_sha256 === toHex(await sha256(utf8(expected.opinion))) &&
    said.outcome_leaf === expected.outcomeLeaf &&
    said.result_leaf === expected.resultLeaf
  );
}

async function saysAnswer(said: Statement, expected: BallotShown): Promise<boolean> {
  const { papers, questions } = said;
  if (said.type !== 'ballot' || !Array.isArray(papers) || !Array.isArray(questions)) return false;
  const [question] = questions;
  return (
    questions.length === 1 &&
    question?.question === expected.question &&
    question.choice === expected.choice &&
    question.opinion_sha256 === toHex(await sha256(utf8(expected.opinion))) &&
    papers.join() === expected.papers.join()
  );
}

async function saysReading(said: Statement, expected: ClassificationShown): Promise<boolean> {
  return (
    said.type === 'classification' &&
    said.reading === expected.reading &&
    said.opinion_sha256 === toHex(await sha256(utf8(expected.opinion))) &&
    said.reason_sha256 === toHex(await sha256(utf8(expected.reason))) &&
    said.ballot_leaf === expected.ballotLeaf &&
    said.result_leaf === expected.resultLeaf
  );
}

interface Statement {
  type?: string;
  consultation?: number;
  member?: number;
  key_id?: string;
  signature_class?: string;
  papers?: string[];
  questions?: { question: string; choice: string; opinion_sha256: string }[];
  reading?: string;
  opinion_sha256?: string;
  reason_sha256?: string;
  ballot_leaf?: number;
  outcome?: string;
  outcome_leaf?: number;
  result_leaf?: number;
}

/** JSON in the one form that it has: a key twice, or another spelling, is no statement. */
function readStatement(text: string): Statement {
  try {
    const said = JSON.parse(text);
    if (canonical(said) === text && said && typeof said === 'object') return said;
  } catch {
    // Falls through to the refusal.
  }
  throw new WillNotSign('other_statement');
}

/** RFC 8785 for text, whole numbers, lists and objects. */
export function canonical(given: unknown): string {
  if (Array.isArray(given)) return `[${given.map(canonical).join()}]`;
  if (given === null || typeof given !== 'object') return JSON.stringify(given);
  const fields = Object.entries(given).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${fields.map(([name, each]) => `${JSON.stringify(name)}:${canonical(each)}`).join()}}`;
}

/** One letter a byte, so that places in the text are places in the file. */
function latin(bytes: Bytes): string {
  return new TextDecoder('latin1').decode(bytes);
}

/** How the mark of a paper is read out: its first sixteen letters, in fours. */
export const shortMark = (digest: Bytes): string =>
  (toHex(digest).slice(0, 16).match(/.{4}/g) ?? []).join(' ');
