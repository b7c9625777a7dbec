/**
 * A ballot's receipt, checked here with the log's public key alone: C2SP tlog-proof@v1 around a
 * signed checkpoint, inclusion by RFC 9162, 2.1.3.2.
 */
import { fromBase64, fromHex, joined, sameBytes, sha256, utf8 } from './base64';
import type { Bytes } from './der';

export type ReceiptFault =
  | 'malformed'
  | 'unknown_log'
  | 'not_signed_by_log'
  | 'not_included'
  | 'other_ballot'
  | 'cannot_check';

interface Checkpoint {
  text: string;
  origin: string;
  size: number;
  root: Bytes;
  signatures: { name: string; keyId: Bytes; signature: Bytes }[];
}

interface Proof {
  index: number;
  path: Bytes[];
  checkpoint: Checkpoint;
}

interface LogKey {
  name: string;
  keyId: Bytes;
  public: Bytes;
}

const ED25519 = 1;
const DASH = '\u2014 ';

class Malformed extends Error {}

/**
 * Why a receipt does not hold, or null when it does. `named` are fields that the leaf has to
 * carry, such as the digest of the statement that was signed here.
 */
export async function receiptFault(
  tlogProof: string,
  leafEnvelope: string,
  logKey: string,
  named: Record<string, string | number> = {},
): Promise<ReceiptFault | null> {
  try {
    const proof = parseProof(tlogProof);
    const log = await parseLogKey(logKey);
    if (proof.checkpoint.origin !== log.name) return 'unknown_log';
    if (!(await isSigned(proof.checkpoint, log))) return 'not_signed_by_log';
    if (!(await isIncluded(proof, utf8(leafEnvelope)))) return 'not_included';
    return names(leafEnvelope, { ...named, position: proof.index }) ? null : 'other_ballot';
  } catch (wrong) {
    if (wrong instanceof Malformed) return 'malformed';
    if (wrong instanceof DOMException) return 'cannot_check';
    throw wrong;
  }
}

/**
 * The same by the keys that one trusts, one a line: behind one that gave way to the next stands the
 * last leaf up to which it signs.
 */
export async function receiptFaultBy(
  logKeys: string,
  tlogProof: string,
  leafEnvelope: string,
): Promise<ReceiptFault | null> {
  let fault: ReceiptFault | null = 'malformed';
  for (const line of logKeys.trim().split('\n')) {
    const [key = '', until] = line.trim().split(/\s+/);
    fault = await receiptFault(tlogProof, leafEnvelope, key);
    if (fault === null) return isInTurn(tlogProof, until) ? null : 'not_signed_by_log';
    if (fault !== 'not_signed_by_log') return fault;
  }
  return fault;
}

/** Whoever has a key that gave way may have stolen it since. */
function isInTurn(tlogProof: string, until?: string): boolean {
  return until === undefined || parseProof(tlogProof).checkpoint.size <= Number(until) + 1;
}

export async function verifyReceipt(
  tlogProof: string,
  leafEnvelope: string,
  logKey: string,
  named: Record<string, string | number> = {},
): Promise<boolean> {
  return (await receiptFault(tlogProof, leafEnvelope, logKey, named)) === null;
}

// ---- reading ----

export function parseProof(text: string): Proof {
  const cut = text.indexOf('\n\n');
  if (cut < 0) throw new Malformed('no checkpoint');
  const [version, place, ...path] = text.slice(0, cut).split('\n');
  const index = /^index (.+)$/.exec(place ?? '')?.[1];
  if (version !== 'c2sp.org/tlog-proof@v1' || index === undefined) throw new Malformed('head');
  return {
    index: whole(index),
    path: path.map(hash),
    checkpoint: parseCheckpoint(text.slice(cut + 2)),
  };
}

export function parseCheckpoint(note: string): Checkpoint {
  const cut = note.indexOf('\n\n');
  const text = note.slice(0, cut + 1);
  const [origin, size, root, end] = text.split('\n');
  const signed = note.slice(cut + 2).split('\n');
  if (cut < 0 || !origin || end !== '' || signed.pop() !== '') {
    throw new Malformed('checkpoint');
  }
  if (!signed.length) throw new Malformed('no signature');
  return {
    text,
    origin,
    size: whole(size ?? ''),
    root: hash(root ?? ''),
    signatures: signed.map(parseSignature),
  };
}

function parseSignature(line: string): Checkpoint['signatures'][number] {
  const [name, value, ...rest] = line.slice(DASH.length).split(' ');
  if (!line.startsWith(DASH) || !name || !value || rest.length) throw new Malformed('signature');
  const bytes = decoded(value);
  if (bytes.length <= 4) throw new Malformed('signature');
  return { name, keyId: bytes.slice(0, 4), signature: bytes.slice(4) };
}

/** A key as C2SP prints it, name+id+key; its id has to be that of its name and key. */
async function parseLogKey(text: string): Promise<LogKey> {
  const [, name, id, key] = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(text) ?? [];
  if (!name || !id || !key) throw new Malformed('log key');
  const bytes = decoded(key);
  const computed = (await sha256(joined(utf8(`${name}\n`), bytes))).slice(0, 4);
  if (bytes[0] !== ED25519 || bytes.length !== 33 || !sameBytes(computed, fromHex(id))) {
    throw new Malformed('log key');
  }
  return { name, keyId: computed, public: bytes.slice(1) };
}

function whole(text: string): number {
  const number = Number(text);
  if (!/^(0|[1-9]\d*)$/.test(text) || !Number.isSafeInteger(number)) throw new Malformed(text);
  return number;
}

function hash(text: string): Bytes {
  const bytes = decoded(text);
  if (bytes.length !== 32) throw new Malformed('not a hash');
  return bytes;
}

function decoded(text: string): Bytes {
  try {
    return fromBase64(text);
  } catch {
    throw new Malformed('not base64');
  }
}

// ---- checking ----

async function isSigned(checkpoint: Checkpoint, log: LogKey): Promise<boolean> {
  const own = checkpoint.signatures.filter(
    (each) => each.name === log.name && sameBytes(each.keyId, log.keyId),
  );
  if (own.length !== 1 || !own[0]) return false;
  const key = await crypto.subtle.importKey('raw', log.public, 'Ed25519', false, ['verify']);
  return crypto.subtle.verify('Ed25519', key, own[0].signature, utf8(checkpoint.text));
}

async function isIncluded(proof: Proof, envelope: Bytes): Promise<boolean> {
  const { index, path, checkpoint } = proof;
  if (index >= checkpoint.size) return false;
  // Division, not shifts: a log may outgrow 32 bits.
  let at = index;
  let last = checkpoint.size - 1;
  let root = await sha256(joined([0], envelope));
  for (const step of path) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      root = await sha256(joined([1], step, root));
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else {
      root = await sha256(joined([1], root, step));
    }
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 && sameBytes(root, checkpoint.root);
}

function names(envelope: string, fields: Record<string, string | number>): boolean {
  try {
    const leaf = JSON.parse(envelope);
    return Object.entries(fields).every(([name, value]) => leaf[name] === value);
  } catch {
    return false;
  }
}
