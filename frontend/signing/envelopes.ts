/** Signed answers that have no receipt yet: kept before they are sent, until one verifies. */
import { type Envelope, store } from './store';

export type { Envelope } from './store';

export async function keep(envelope: Envelope): Promise<void> {
  await (await store()).put('envelopes', envelope);
}

/** What this account has signed here and not seen received, oldest first. */
export async function waiting(person: number): Promise<Envelope[]> {
  const found = await (await store()).getAllFromIndex('envelopes', 'person', person);
  return found.sort((one, other) => one.at - other.at);
}

export async function done(key: string): Promise<void> {
  await (await store()).delete('envelopes', key);
}
