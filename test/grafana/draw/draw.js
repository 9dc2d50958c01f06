// Draws dashboards as Grafana would show recorded answers: a PNG for each file.
//
// usage: node draw.js OUT FILE...   FILE is DASHBOARD.CASE.jsonl; OUT a directory
import {spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';
import {build} from 'esbuild';

const [out, ...files] = process.argv.slice(2);
const here = new URL('.', import.meta.url).pathname;
const dashboards = new URL('../../../grafana/dashboards/', import.meta.url);
const chromium = process.env.CHROMIUM ?? 'chromium';
const dir = mkdtempSync(join(tmpdir(), 'dashboards-'));

try {
  await build({
    entryPoints: [join(here, 'page.jsx')], bundle: true, outfile: join(dir, 'page.js'), format: 'esm', jsx: 'transform', logLevel: 'error',
    define: {'process.env.NODE_ENV': '"production"'}, loader: {'.svg': 'text', '.woff2': 'dataurl', '.ttf': 'dataurl'},
    nodePaths: [join(here, 'node_modules')],
    plugins: [{name: 'browser', setup: (b) => b.onResolve({filter: /^\.\/grafana\.js$/}, () => ({path: join(here, 'grafana.js')}))}],
  });
  const style = ['node_modules/uplot/dist/uPlot.min.css', 'page.css'].map((f) => readFileSync(join(here, f), 'utf8')).join('\n');
  const script = readFileSync(join(dir, 'page.js'), 'utf8').replaceAll('</script', () => '<\\/script');
  for (const file of files) {
    const [uid, kind] = basename(file).split('.');
    const dashboard = JSON.parse(readFileSync(new URL(`${uid}.json`, dashboards), 'utf8'));
    const answers = readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line)).filter((a) => a.dashboard === uid);
    const times = answers.flatMap((a) => (a.data?.resultType === 'matrix' ? a.data.result.flatMap((s) => s.values.map(([t]) => t * 1000)) : []));
    const drawn = {dashboard, answers, from: Math.min(...times), to: Math.max(...times), note: kind === 'healthy' ? 'all is well' : `drill ${kind}`};
    const page = join(dir, `${uid}.html`);
    writeFileSync(page, `<!doctype html><meta charset="utf-8"><style>${style}</style><body><div id="root"></div>
<script>window.DRAWN = ${JSON.stringify(drawn).replaceAll('<', '\\u003c')}</script><script type="module">${script}</script>`);
    const rows = Math.max(...dashboard.panels.map((p) => p.gridPos.y + p.gridPos.h));
    const png = join(out, `${uid}.${kind}.png`);
    const {status, stderr} = spawnSync(chromium, ['--headless=new', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--force-color-profile=srgb', `--user-data-dir=${join(dir, 'profile')}`,
      '--virtual-time-budget=20000', `--window-size=1600,${56 + rows * 38 + 8}`, `--screenshot=${png}`, '--enable-logging=stderr', `file://${page}`], {encoding: 'utf8', timeout: 120_000});
    const failed = stderr.match(/(not drawn|Uncaught).*/g) ?? [];
    if (status !== 0 || failed.length) throw new Error(`${png}: ${[...failed, status].join('; ')}`);
    console.log(png);
  }
} finally {
  rmSync(dir, {recursive: true, force: true});
}
