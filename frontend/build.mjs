// Builds what the browser loads into ecabinet/static, under names that carry their digest.
// manifest.json says which file a logical name is.
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const place = join(root, 'ecabinet', 'static');
// Built beside and moved into place whole, so that a failed build leaves the last one standing.
const out = `${place}.new-${process.pid}`;
const modules = join(root, 'node_modules');
process.on('exit', () => rmSync(out, { recursive: true, force: true }));

const fail = (sentence) => {
  console.error(sentence);
  process.exit(1);
};
for (const each of ['esbuild', 'lucide-static', 'pdfjs-dist']) {
  if (!existsSync(join(modules, each))) {
    fail(`node_modules/${each} is missing: run \`make run\` or \`make setup\`, which installs it`);
  }
}
const { build } = await import('esbuild');

const walk = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((each) =>
    each.isDirectory() ? walk(join(folder, each.name)) : [join(folder, each.name)],
  );
const digest = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 10);

mkdirSync(out, { recursive: true });
const manifest = {};

const keep = (name, bytes, extension) => {
  const file = `${name.replace(/\.[a-z0-9]+$/, '')}-${digest(bytes)}.${extension}`;
  mkdirSync(dirname(join(out, file)), { recursive: true });
  writeFileSync(join(out, file), bytes);
  manifest[name] = file;
};

const entries = walk(join(root, 'frontend')).filter(
  (path) => path.endsWith('.ts') && readFileSync(path, 'utf8').startsWith('// entry'),
);
const base = {
  bundle: true,
  minify: true,
  metafile: true,
  outdir: out,
  entryNames: '[dir]/[name]-[hash]',
  assetNames: 'fonts/[name]-[hash]',
  outbase: join(root, 'frontend'),
  target: ['safari16.4', 'chrome111', 'firefox114'],
  nodePaths: [modules],
  logLevel: 'silent',
  loader: { '.woff2': 'file', '.ttf': 'file', '.woff': 'empty', '.svg': 'file', '.gif': 'file' },
};
try {
  const results = await Promise.all([
    build({ ...base, entryPoints: entries, format: 'iife' }),
    build({
      ...base,
      entryPoints: [join(root, 'frontend/look/app.css')],
      outbase: join(root, 'frontend/look'),
    }),
  ]);
  for (const result of results) {
    for (const [file, made] of Object.entries(result.metafile.outputs)) {
      if (!made.entryPoint) continue;
      const name = relative(join(root, 'frontend'), join(root, made.entryPoint));
      const logical = name.replace(/\.ts$/, '.js').replace(/^look\//, '');
      manifest[logical] = relative(out, join(root, file));
      const css = made.cssBundle && relative(out, join(root, made.cssBundle));
      if (css) manifest[logical.replace(/\.js$/, '.css')] = css;
    }
  }
} catch (wrong) {
  const [first] = wrong.errors ?? [];
  const where = first?.location ? `${first.location.file}:${first.location.line}: ` : '';
  fail(`The pages do not build: ${where}${first?.text ?? wrong.message}`);
}

const symbols = JSON.parse(readFileSync(join(root, 'frontend/look/icons.json'), 'utf8')).map(
  (name) => {
    const file = join(modules, 'lucide-static', 'icons', `${name}.svg`);
    if (!existsSync(file))
      fail(`frontend/look/icons.json names an icon that Lucide lacks: ${name}`);
    const svg = readFileSync(file, 'utf8');
    const inner = svg.slice(svg.indexOf('>', svg.indexOf('<svg')) + 1, svg.lastIndexOf('</svg>'));
    return `<symbol id="${name}" viewBox="0 0 24 24">${inner.trim()}</symbol>`;
  },
);
keep(
  'icons.svg',
  Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg">${symbols.join('')}</svg>`),
  'svg',
);

const pdfjs = join(modules, 'pdfjs-dist');
keep('pdf.worker.js', readFileSync(join(pdfjs, 'legacy/build/pdf.worker.min.mjs')), 'js');
for (const folder of ['wasm', 'cmaps', 'standard_fonts', 'iccs']) {
  cpSync(join(pdfjs, folder), join(out, 'pdfjs', folder), {
    recursive: true,
    filter: (path) => !/LICENSE|\.map$/.test(path),
  });
}
cpSync(join(pdfjs, 'web/images'), join(out, 'pdfjs', 'images'), { recursive: true });

for (const size of [180, 192, 512]) {
  keep(`icon-${size}.png`, readFileSync(join(root, `frontend/look/icons/icon-${size}.png`)), 'png');
}

// What the service worker keeps so that the vault's pages open without a line; no Vietnamese paper
// needs the maps of Chinese and Japanese letters.
const shelf = walk(out)
  .map((path) => relative(out, path))
  .filter((path) =>
    /^(app|theme|icons|icon-\d+|pdf\.worker)-|^vault\/|^fonts\/(?!Tinos)|^pdfjs\/(?!cmaps)/.test(
      path,
    ),
  )
  .sort();
const whole = shelf.map((path) => `${path} ${digest(readFileSync(join(out, path)))}`).join('\n');
const templates = walk(join(root, 'templates')).map((path) => readFileSync(path));
await build({
  ...base,
  entryPoints: [join(root, 'frontend/vault/worker.ts')],
  outdir: undefined,
  entryNames: undefined,
  outfile: join(out, 'sw.js'),
  format: 'iife',
  define: {
    SHELF: JSON.stringify(shelf.map((path) => `/static/${path}`)),
    BUILD: JSON.stringify(digest(Buffer.concat([Buffer.from(whole), ...templates]))),
  },
}).catch((wrong) => fail(`The service worker does not build: ${wrong.message}`));

writeFileSync(
  join(out, 'manifest.json'),
  `${JSON.stringify(manifest, Object.keys(manifest).sort(), 1)}\n`,
);
const files = walk(out);
const sizes = (kind) => {
  const bytes = files
    .filter((path) => kind.test(path))
    .reduce((sum, path) => sum + statSync(path).size, 0);
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
};
const line = `${files.length} files, ${sizes(/./)}: scripts ${sizes(/\.js$/)}, styles ${sizes(/\.css$/)}, fonts ${sizes(/[\\/]fonts[\\/]/)}`;
rmSync(place, { recursive: true, force: true });
renameSync(out, place);
console.log(line);
