// Shows the servers' answers to Grafana's own front-end code, panel by panel, and says what a
// reader would not see; then that it would have found faults: each of the plants below.
//
// usage: node panels.js [FILE]   answers, one target a line; answers.jsonl by default
import {readdirSync, readFileSync} from 'node:fs';
import {
  applyFieldOverrides, createTheme, fieldMatchers, FieldType, getFieldDisplayName, getFieldDisplayValues, getValueFormats,
} from './grafana.js';
import {loaded, propertiesOf, registry, transform} from './fields.js';
import {closed, frames} from './frames.js';

const here = new URL('.', import.meta.url);
const dashboards = new URL('../../grafana/dashboards/', here);
const theme = createTheme({colors: {mode: 'dark'}});

// The panels that Grafana comes with. A panel's type is one of these ids; the types of
// @grafana/schema are named after folders, which are called otherwise.
const plugins = [
  'alertlist', 'annolist', 'barchart', 'bargauge', 'candlestick', 'canvas', 'dashlist', 'datagrid', 'flamegraph', 'gauge', 'geomap',
  'heatmap', 'histogram', 'logs', 'news', 'nodeGraph', 'piechart', 'stat', 'state-timeline', 'status-history', 'table', 'text', 'timeseries',
  'traces', 'trend', 'xychart',
];

// The columns that each table shows, as patterns, from left to right. The last may repeat; one
// with a question mark is there when the data have it.
const columns = {
  'business-metrics/Command Usage Heatmap': ['Command', String.raw`\d{4}-\d\d-\d\d`],
  'generation-engine/Components against Their Targets': ['Component', 'p95, 1 h', 'p99, 1 h', 'p95, 7 d', 'Target', 'State'],
  'pages/Alerts of Pages': ['Alert', 'Page', 'State', 'Runbook'],
  'pages/Failing Pages': ['Page', 'Status', 'Failed', 'Process'],
  'pages/Slowest Pages': ['Page', 'p95', 'Requests', 'Process'],
  'scheduler/Execution Latency by Priority': ['Priority', 'p50', 'p95', 'p99', 'Threshold', 'State'],
  'scheduler/Job Execution History': ['Job ID', 'Type', 'Started', 'Duration', 'Status', 'Retries', 'Job', 'Error', 'Trace'],
  'service-levels/Alerts That Fire': ['Alert', 'Of?', 'Severity', 'System', 'Tier?', 'Firing', 'Runbook'],
  'service-levels/On Call': ['Tier', 'Person'],
  'system-health/Database Query Performance': ['Query', 'p95 latency', 'Calls/sec'],
};

// Panels whose emptiness is an alarm; that of all others is neither good nor bad.
const alarmWhenEmpty = ['service-levels/Up or Down', 'telemetry/Services', 'telemetry/Silence', 'telemetry/Servers of the Stack'];

const colour = (name) => theme.visualization.getColorByName(name);
const judging = ['green', 'yellow', 'orange', 'red'].flatMap((hue) => ['', 'dark-', 'semi-dark-', 'light-', 'super-light-'].map((shade) => colour(shade + hue)));

const units = new Set(getValueFormats().flatMap(({submenu}) => submenu.map(({value}) => value)));
const knownUnit = (unit) => units.has(unit) || /^(prefix|suffix|time|si|count|currency|bool):./.test(unit);

const shape = (data) => JSON.stringify(data.map((f) => f.fields.map((field) => [field.name, getFieldDisplayName(field, f, data), [...field.values]])));

// matched reports whether a matcher selects a field of the data.
function matched({id, options}, data) {
  const matches = fieldMatchers.get(id).get(options);
  return data.some((frame) => frame.fields.some((field) => matches(field, frame, data)));
}

// check returns what a reader of the panel would miss. answers are the panel's, by refId.
async function check(dashboard, panel, answers) {
  const bad = [];
  if (!plugins.includes(panel.type)) return [`Grafana has no panel plugin ${panel.type}`];
  const {overrides} = panel.fieldConfig;
  const fieldConfig = loaded(panel.fieldConfig);
  bad.push(...checkEmptiness(dashboard, panel, fieldConfig));
  if (panel.type === 'table' && !panel.targets.some((t) => answers.get(t.refId)?.result.length)) return bad; // nothing to transform
  let data = frames(panel, answers);
  for (const t of panel.transformations ?? []) {
    const names = data.flatMap((f) => f.fields.map((field) => getFieldDisplayName(field, f, data)));
    for (const name of Object.keys({...t.options.renameByName, ...t.options.indexByName})) {
      const optional = columns[`${dashboard.uid}/${panel.title}`]?.includes(`${t.options.renameByName[name]}?`);
      if (!names.includes(name) && !optional) bad.push(`${t.id} of ${name}: the fields are ${names.join(', ')}`);
    }
    const before = shape(data);
    data = await transform([t], data);
    if (shape(data) === before) bad.push(`${t.id} changes nothing`);
  }
  const possible = [...data, ...closed(panel)];
  for (const {matcher} of overrides) {
    const pattern = matcher.id === 'byRegexp' && matcher.options;
    if (pattern && !pattern.startsWith('/')) bad.push(`the override ${pattern} lacks its slashes: it is compared with the whole name`);
    const optional = columns[`${dashboard.uid}/${panel.title}`]?.includes(`${matcher.options}?`);
    if (!optional && !matched(matcher, possible)) {
      const names = data.flatMap((f) => f.fields.map((field) => getFieldDisplayName(field, f, data)));
      bad.push(`the override ${matcher.id} ${matcher.options} matches none of ${names.join(', ')}`);
    }
  }
  const shown = applyFieldOverrides({
    data, fieldConfig, theme, timeZone: 'utc', replaceVariables: (v) => v, fieldConfigRegistry: registry(propertiesOf(panel)),
  });
  for (const {config} of shown.flatMap((f) => f.fields)) {
    if (config.unit && !knownUnit(config.unit)) bad.push(`no unit ${config.unit}`);
  }
  const cells = panel.options?.cellValues?.unit;
  if (cells && !knownUnit(cells)) bad.push(`no unit ${cells}`);
  bad.push(...checkLooks(panel, shown), ...checkLinks(shown));
  if (panel.type === 'table') bad.push(...checkColumns(`${dashboard.uid}/${panel.title}`, shown), ...checkWidths(panel, shown));
  return [...new Set(bad)];
}

// What an empty panel may say while those who measure may be down: nothing of the world, only
// of what is seen of it. Whether an alert fires, Prometheus knows itself.
const honest = /\b(seen|known|heard|fires|silent|scraped)\b/;

// checkEmptiness looks at what stands in the panel when its queries find nothing.
function checkEmptiness(dashboard, panel, fieldConfig) {
  const single = ['stat', 'gauge', 'bargauge', 'piechart'].includes(panel.type);
  const {noValue} = fieldConfig.defaults;
  if (noValue && panel.datasource.type === 'prometheus' && !honest.test(noValue)) return [`says ${noValue} when nobody may have measured: say what is not seen, known, heard, fires`];
  if (!single && panel.type !== 'table') return [];
  if (!noValue) return ['says nothing of its own when it is empty: noValue'];
  if (!single || fieldConfig.defaults.color?.mode.startsWith('palette')) return [];
  const [{display}] = getFieldDisplayValues({
    fieldConfig, theme, data: [], replaceVariables: (v) => v, reduceOptions: {calcs: ['lastNotNull'], values: false}, timeZone: 'utc',
  });
  const alarm = alarmWhenEmpty.includes(`${dashboard.uid}/${panel.title}`);
  if (alarm) return display.color === colour('red') ? [] : [`is ${display.color} when it is empty, which is an alarm`];
  return judging.includes(display.color) ? [`judges its emptiness: ${display.text} is ${display.color}`] : [];
}

// checkLooks finds axes that blow up noise, and zeros and areas that look like alarms.
function checkLooks(panel, shown) {
  const bad = [];
  const fields = shown.flatMap((f) => f.fields.filter((field) => field.type === FieldType.number)
    .map((field) => ({name: getFieldDisplayName(field, f, shown), ...field.config})));
  for (const {name, unit, max, color, custom = {}} of fields) {
    const relative = /^percent|ps$/.test(unit ?? '');
    if (panel.type === 'timeseries' && relative && max === undefined && custom.axisSoftMax === undefined) bad.push(`${name}: the axis of zeros ends anywhere: axisSoftMax`);
    if (['stat', 'gauge', 'bargauge'].includes(panel.type) && color?.mode === 'fixed' && judging.includes(colour(color.fixedColor)) && /red|orange|yellow/.test(color.fixedColor)) {
      bad.push(`${name}: zero is ${color.fixedColor}`);
    }
    if (/area/.test(custom.thresholdsStyle?.mode)) bad.push(`${name}: the area above a threshold fills the panel of zeros`);
  }
  return bad;
}

// checkLinks finds links of labels and columns that the fields they hang on do not have.
function checkLinks(shown) {
  const bad = [];
  for (const frame of shown) {
    const names = frame.fields.map((f) => getFieldDisplayName(f, frame, shown));
    for (const field of frame.fields.filter((f) => f.type !== FieldType.time)) {
      for (const {title, url} of field.config.links ?? []) {
        for (const [, kind, key] of (title + url).matchAll(/\$\{__(field\.labels|data\.fields)\.(\w+)\}/g)) {
          const known = kind === 'data.fields' ? names.includes(key) : key in (field.labels ?? {});
          if (!known) bad.push(`link ${title} of ${getFieldDisplayName(field, frame, shown)}: no ${kind} ${key}`);
        }
      }
    }
  }
  return bad;
}

function checkColumns(name, shown) {
  const got = shown.flatMap((f) => f.fields.filter((field) => !field.config.custom?.hidden).map((field) => getFieldDisplayName(field, f, shown)));
  const want = columns[name];
  if (!want) return [`no columns are declared for ${name}: it shows ${got.join(', ')}`];
  const texts = shown.flatMap((f) => f.fields.filter((field) => field.type === FieldType.string && field.values.includes('') && field.config.noValue?.includes(' ')));
  if (texts.length) return texts.map((field) => `says ${field.config.noValue} in each empty cell of ${field.name}`);
  const row = new RegExp(`^${want.map((c) => (c.endsWith('?') ? `(${c.slice(0, -1)}\\|)?` : `(${c}\\|)`)).join('')}$`.replace(/\)\$$/, ')+$'));
  return row.test(got.map((c) => `${c}|`).join('')) ? [] : [`shows the columns ${got.join(', ')}; want ${want.join(', ')}`];
}

// checkWidths finds columns that a screen of 1,600 pixels cuts off: Grafana gives a column 150
// pixels where nothing else is said.
function checkWidths({gridPos}, shown) {
  const fields = shown.flatMap((f) => f.fields.filter((field) => !field.config.custom?.hidden));
  const least = fields.reduce((sum, {config: {custom}}) => sum + (custom?.width ?? custom?.minWidth ?? 150), 0);
  const room = Math.floor(1600 * gridPos.w / 24) - 24;
  return least > room ? [`its columns need ${least} pixels and have ${room}: custom.width, custom.minWidth`] : [];
}

// checkAll also finds answers that are not to the dashboards' present queries.
async function checkAll(all, answers) {
  const bad = [];
  for (const d of all) {
    for (const p of d.panels) {
      const say = (finding) => bad.push(`${d.uid}/${p.title}: ${finding}`);
      const mine = new Map();
      for (const t of p.targets) {
        const a = answers.get(JSON.stringify([d.uid, p.title, t.refId]));
        if (a?.query !== (t.expr ?? t.rawSql)) say(`target ${t.refId} has no answer in the file: record them anew (make dashboard-answers)`);
        else if (a.data) mine.set(t.refId, a.data);
      }
      for (const finding of await check(d, p, mine)) say(finding);
    }
  }
  return bad;
}

// Each plant spoils a panel, and what is then found.
const find = (uid, title) => (all) => all.find((d) => d.uid === uid).panels.find((p) => p.title === title);
const latency = find('scheduler', 'Execution Latency by Priority');
const rates = find('scheduler', 'Retry and Failure Rates');
const failures = find('scheduler', 'Failures by Error Type');
const plants = {
  folderOfAPlugin: [find('system-health', 'API Availability'), (p) => { p.type = 'statushistory'; }, 'no panel plugin statushistory'],
  filterWithoutSlashes: [latency, (p) => { p.transformations[1].options.include.pattern = '^priority$|^Value'; }, 'shows the columns'],
  joinByNothing: [latency, (p) => { p.transformations[0].options.byField = 'prio'; }, 'organize of priority'],
  renamedField: [latency, (p) => { p.transformations[2].options.renameByName.value = 'x'; }, 'organize of value'],
  overrideWithoutSlashes: [rates, (p) => { p.fieldConfig.overrides[0].matcher.options = '^Retry '; }, 'the override byRegexp ^Retry  matches none'],
  overrideOfOneOfTwo: [find('business-metrics', 'Cost Metrics'), (p) => { p.fieldConfig.overrides[0].matcher.options = '^API costs'; }, 'lacks its slashes'],
  overrideOfNothing: [latency, (p) => { p.fieldConfig.overrides[0].matcher.options = 'Status'; }, 'the override byName Status matches none'],
  unknownUnit: [latency, (p) => { p.fieldConfig.defaults.unit = 'secs'; }, 'no unit secs'],
  unknownUnitOfCells: [find('generation-engine', 'Component Breakdown'), (p) => { p.options.cellValues.unit = 'secs'; }, 'no unit secs'],
  transformationWithoutEffect: [latency, (p) => { p.transformations[1].options.include.pattern = '/./'; }, 'filterFieldsByName changes nothing'],
  saidWithoutKnowing: [find('service-levels', 'Week in Force'), (p) => { p.fieldConfig.defaults.noValue = 'no week was due yet'; }, 'when nobody may have measured'],
  nothingSaid: [failures, (p) => { delete p.fieldConfig.defaults.noValue; }, 'noValue'],
  redEmptiness: [failures, (p) => { p.fieldConfig.defaults.thresholds.steps = [{color: 'red', value: null}]; }, 'judges its emptiness: none seen is'],
  greenEmptiness: [find('service-levels', 'Generation p95'), (p) => { p.fieldConfig.defaults.thresholds.steps.shift(); p.fieldConfig.defaults.thresholds.steps[0].value = null; }, 'judges its emptiness'],
  calmSilence: [find('telemetry', 'Silence'), (p) => { p.fieldConfig.defaults.thresholds.steps.shift(); p.fieldConfig.defaults.thresholds.steps[0].value = null; }, 'which is an alarm'],
  redZero: [failures, (p) => { p.fieldConfig.defaults.color = {mode: 'fixed', fixedColor: 'red'}; }, 'zero is red'],
  hardAxis: [rates, (p) => { delete p.fieldConfig.defaults.custom.axisSoftMax; }, 'axisSoftMax'],
  redArea: [find('telemetry', 'Collector: Refused'), (p) => { p.fieldConfig.defaults.custom.thresholdsStyle = {mode: 'area'}; }, 'fills the panel'],
  wordyCell: [find('scheduler', 'Job Execution History'), (p) => { p.fieldConfig.overrides.find((o) => o.matcher.options === 'Error').properties = []; }, 'in each empty cell of Error'],
  linkOfNoLabel: [rates, (p) => { p.fieldConfig.defaults.links[0].url = '/x?${__field.labels.api}'; }, 'no field.labels api'],
  linkOfNoColumn: [find('scheduler', 'Job Execution History'), (p) => { p.fieldConfig.overrides.find((o) => o.matcher.options === 'Job').properties[0].value[0].url = '${__data.fields.trace_id}'; }, 'no data.fields trace_id'],
  wideColumns: [latency, (p) => { delete p.fieldConfig.defaults.custom.minWidth; p.gridPos.w = 8; }, 'its columns need'],
  staleAnswer: [latency, (p) => { p.targets[0].expr = 'up'; }, 'target A has no answer'],
};

const file = process.argv[2] ?? new URL('answers.jsonl', here).pathname;
const answers = new Map(readFileSync(file, 'utf8').trim().split('\n').map((line) => {
  const a = JSON.parse(line);
  return [JSON.stringify([a.dashboard, a.panel, a.refId]), a];
}));
const load = () => readdirSync(dashboards).filter((f) => f.endsWith('.json')).map((f) => JSON.parse(readFileSync(new URL(f, dashboards), 'utf8')));

const real = await checkAll(load(), answers);
const missed = [];
for (const [name, [of, spoil, says]] of Object.entries(plants)) {
  const all = load();
  spoil(of(all));
  const found = (await checkAll(all, answers)).filter((f) => !real.includes(f));
  if (!found.some((f) => f.includes(says))) missed.push(`planted fault not found: ${name} (${says}): ${found.join('\n')}`);
}
for (const f of [...real, ...missed]) console.error(f);
const silent = [...answers.values()].filter((a) => a.leftOut).length;
console.log(`${answers.size} answers (${silent} left out, no loki) shown to Grafana's code: ${real.length} findings; ` +
  `${Object.keys(plants).length - missed.length} of ${Object.keys(plants).length} planted faults found`);
process.exit(real.length + missed.length > 0 ? 1 : 0);
