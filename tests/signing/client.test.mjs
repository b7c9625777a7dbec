// Runs the browser's own modules on the vectors that test_client.py makes; see there.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

const client = await import(process.env.CLIENT);
const vectors = JSON.parse(readFileSync(process.env.VECTORS, 'utf8'));
const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64'));

const outcomes = {
  paper: ({ pdf, attributes, expected }) =>
    client
      .checkPaper(bytes(pdf), bytes(attributes), {
        ...expected,
        certificate: expected.certificate && bytes(expected.certificate),
      })
      .then(client.toHex, (wrong) => wrong.reason ?? String(wrong)),
  receipt: ({ proof, envelope, logKey, named }) =>
    client.receiptFault(proof, envelope, logKey, named),
  objectId: ({ der }) => attempt(() => client.readObjectId(client.body(bytes(der), 6))),
  length: ({ der }) => attempt(() => client.read(bytes(der)).body.length),
  written: ({ count }) => client.toBase64(client.element(4, new Uint8Array(count))),
  writtenId: ({ dotted }) => client.toBase64(client.objectId(dotted)),
  signature: ({ raw }) => client.toBase64(client.signatureOf(bytes(raw))),
  base64: ({ text }) => attempt(() => client.toHex(client.fromBase64(text))),
};

function attempt(work) {
  try {
    return work();
  } catch (wrong) {
    return wrong instanceof client.NotDer || wrong instanceof Error ? 'refused' : String(wrong);
  }
}

for (const { kind, name, given, outcome } of vectors) {
  test(`${kind}: ${name}`, async () => {
    assert.equal(await outcomes[kind](given), outcome);
  });
}

test('a key request proves possession of a key that cannot be read out', async () => {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, [
    'sign',
    'verify',
  ]);
  await assert.rejects(crypto.subtle.exportKey('pkcs8', pair.privateKey));
  const request = client.toBase64(await client.keyRequest(pair, 'e-Cabinet'));
  console.log(`REQUEST ${request} ${await client.keyIdOf(pair)}`);
});
