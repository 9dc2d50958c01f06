// Checks grafana/dashboards against Grafana's types with the TypeScript compiler, and then
// that it would have found faults: each of the plants below must be refused.
import {spawnSync} from 'node:child_process';
import {mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';

const here = new URL('.', import.meta.url);
const work = new URL('.check/', here);
const dashboards = new URL('../../grafana/dashboards/', here);

// Each plant spoils a panel of that type, and what the compiler says of it.
const plants = {
  misspelledOption: ['stat', (p) => { p.options.graphMod = 'area'; }, '"graphMod"'],
  wrongOptionType: ['timeseries', (p) => { p.options.tooltip.mode = 3; }, "Type 'number'"],
  wrongOptionValue: ['bargauge', (p) => { p.options.displayMode = 'basics'; }, '"basics"'],
  optionOfAnotherType: ['gauge', (p) => { p.options.graphMode = 'area'; }, '"graphMode"'],
  misspelledCustom: ['timeseries', (p) => { p.fieldConfig.defaults.custom.lineWith = 2; }, '"lineWith"'],
  customOfAnotherType: ['table', (p) => { p.fieldConfig.defaults.custom = {lineWidth: 2}; }, '"lineWidth"'],
  misspelledField: ['stat', (p) => { p.fieldConfig.defaults.units = 's'; }, '"units"'],
  wrongColourMode: ['stat', (p) => { p.fieldConfig.defaults.color.mode = 'threshold'; }, '"threshold"'],
  wrongThreshold: ['gauge', (p) => { p.fieldConfig.defaults.thresholds.steps[0].value = 'none'; }, "'string'"],
  wrongNestedOption: ['timeseries', (p) => { p.options.tooltip.sorted = 'desc'; }, '"sorted"'],
  wrongOverride: ['timeseries', (p) => { p.fieldConfig.overrides[0].properties.find((o) => o.id === 'color').value = 'green'; }, "'string'"],
  unknownOverride: ['timeseries', (p) => { p.fieldConfig.overrides[0].properties[0].id = 'colour'; }, '"colour"'],
  misspelledTarget: ['timeseries', (p) => { p.targets[0].legend = 'p50'; }, '"legend"'],
  neitherRangeNorInstant: ['timeseries', (p) => { delete p.targets[0].range; }, 'not assignable'],
  unknownTransformation: ['table', (p) => { p.transformations[0].id = 'join'; }, '"join"'],
  unknownPanelType: ['timeseries', (p) => { p.type = 'graph'; }, '"graph"'],
  unknownDataSource: ['timeseries', (p) => { p.datasource.type = 'influxdb'; }, '"influxdb"'],
  misspelledPanel: ['timeseries', (p) => { p.gridPosition = p.gridPos; }, '"gridPosition"'],
  noTitle: ['timeseries', (p) => { delete p.title; }, "'title'"],
};

const text = JSON.stringify;

// typescript writes a dashboard and its panels as literals, one constant each.
function typescript({panels, ...dashboard}) {
  return [
    "import type {Dashboard, Panel} from '../types';",
    `export const dashboard: Dashboard = ${text(dashboard)};`,
    ...panels.map((p, i) => `export const panel${i}: Panel<${text(p.type)}, ${text(p.datasource.type)}> = ${text(p)};`),
  ].join('\n');
}

const all = readdirSync(dashboards).filter((f) => f.endsWith('.json'))
  .map((f) => JSON.parse(readFileSync(new URL(f, dashboards), 'utf8')));

rmSync(work, {recursive: true, force: true});
mkdirSync(work);
for (const d of all) writeFileSync(new URL(`${d.uid}.ts`, work), typescript(d));
for (const [name, [type, spoil]] of Object.entries(plants)) {
  const panel = structuredClone(all.flatMap((d) => d.panels).find((p) => p.type === type));
  spoil(panel);
  writeFileSync(new URL(`planted-${name}.ts`, work), typescript({...all[0], panels: [panel]}));
}
writeFileSync(new URL('planted-dashboard.ts', work), typescript({...all[0], panels: [], tag: ['x']}));
plants.dashboard = ['', null, '"tag"'];

const tsc = spawnSync(new URL('node_modules/.bin/tsc', here).pathname, ['--pretty', 'false'], {cwd: here, encoding: 'utf8'});
if (tsc.error) throw tsc.error;
const findings = tsc.stdout.split(/\n(?=\S)/).filter(Boolean);
const real = findings.filter((f) => !f.includes('planted-'));
const missed = Object.entries(plants).filter(([name, [, , says]]) =>
  !findings.some((f) => f.includes(`planted-${name}.ts`) && f.includes(says)));

for (const f of real) console.error(f);
for (const [name, [, , says]] of missed) {
  console.error(`planted fault not found: ${name} (${says})`, findings.filter((f) => f.includes(`planted-${name}.ts`)).join('\n'));
}
console.log(`${all.length} dashboards, ${all.reduce((n, d) => n + d.panels.length, 0)} panels: ${real.length} findings; ` +
  `${Object.keys(plants).length - missed.length} of ${Object.keys(plants).length} planted faults found`);
process.exit(real.length + missed.length > 0 ? 1 : 0);
