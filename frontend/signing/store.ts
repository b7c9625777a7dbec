/** What signing keeps on this device: keys that cannot be read out, and answers on their way. */
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';

export interface KeyRow {
  person: number;
  label: string;
  pair: CryptoKeyPair;
  /** The key that is to take its place, until the server's answer has come. */
  next?: CryptoKeyPair;
}

export interface Envelope {
  /** Idempotency key: 128 random bits, hex. A retry carries the same one. */
  key: string;
  person: number;
  consultation: number;
  /** What was signed, where it is no ballot. */
  kind?: 'classification' | 'reserved_opinion';
  pending: string;
  /** r and s side by side, base64. */
  signature: string;
  /** What a passkey said of this very paper, where one confirmed it. */
  assertion?: unknown;
  /** When it was signed, by the server's clock, in milliseconds. */
  at: number;
}

interface Signing extends DBSchema {
  keys: { key: number; value: KeyRow };
  envelopes: { key: string; value: Envelope; indexes: { person: number } };
}

let opened: Promise<IDBPDatabase<Signing>> | undefined;

export function store(): Promise<IDBPDatabase<Signing>> {
  opened ??= openDB<Signing>('ecabinet-signing', 1, {
    upgrade(db) {
      db.createObjectStore('keys', { keyPath: 'person' });
      db.createObjectStore('envelopes', { keyPath: 'key' }).createIndex('person', 'person');
    },
    terminated() {
      opened = undefined;
    },
  });
  return opened;
}
