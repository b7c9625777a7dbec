// A real provider of accounts for the tests: node provider.mjs PORT REDIRECT ENDED
// (the certified oidc-provider; anybody who names an account is signed in as it).
import Provider from 'oidc-provider';

const [port, redirect, ended] = process.argv.slice(2);
const client = (id) => ({
  client_id: id,
  client_secret: `secret-of-${id}`,
  redirect_uris: [redirect],
  post_logout_redirect_uris: [`${redirect}/left`],
  grant_types: ['authorization_code'],
  response_types: ['code'],
  backchannel_logout_uri: ended,
  backchannel_logout_session_required: true,
});

const provider = new Provider(`http://localhost:${port}`, {
  clients: [client('ecabinet'), client('another')],
  acrValues: ['two-factors', 'password'],
  claims: { openid: ['sub', 'acr', 'amr', 'sid', 'roles', 'email'] },
  conformIdTokenClaims: false,
  cookies: { keys: ['a key of the tests'] },
  pkce: { required: () => true },
  ttl: { Session: 3600, Interaction: 3600, Grant: 3600, AccessToken: 60, IdToken: 60 },
  features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true } },
  // By itself it tells nobody on loopback.
  fetch: (address, { dispatcher: _, ...options }) => fetch(address, options),
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  // What it says of rights is nothing to a client that keeps its own.
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, roles: ['administrator'], email: 'thutuong@example.vn' }),
  }),
});

const form = (uid) => `<!doctype html><html lang="vi"><title>Cổng của cơ quan</title><link rel="icon" href="data:,">
<form method="post" action="/interaction/${uid}">
<label>Tài khoản <input name="account" required></label>
<input name="acr" value="two-factors"><input name="amr" value="pwd otp">
<button>Đăng nhập ở cơ quan</button></form></html>`;

async function typed(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return new URLSearchParams(Buffer.concat(parts).toString());
}

async function granted(details) {
  const grant = new provider.Grant({
    accountId: details.session.accountId,
    clientId: details.params.client_id,
  });
  grant.addOIDCScope('openid');
  return grant.save();
}

provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith('/interaction/')) return next();
  const details = await provider.interactionDetails(ctx.req, ctx.res);
  let result;
  if (details.prompt.name === 'consent') {
    result = { consent: { grantId: await granted(details) } };
  } else if (ctx.method === 'POST') {
    const given = await typed(ctx.req);
    const [acr, amr] = [given.get('acr'), given.get('amr').split(' ')];
    result = { login: { accountId: given.get('account'), acr, amr } };
  } else {
    ctx.type = 'html';
    ctx.body = form(details.uid);
    return undefined;
  }
  ctx.respond = false;
  return provider.interactionFinished(ctx.req, ctx.res, result);
});

provider.listen(Number(port), 'localhost', () => console.log('ready'));
