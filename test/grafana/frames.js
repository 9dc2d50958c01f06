// Makes the data frames that Grafana's data sources make of a server's answer: what a panel's
// transformations and overrides are given.
import {FieldType, MutableDataFrame} from './grafana.js';

const time = (values) => ({name: 'Time', type: FieldType.time, config: {}, values});
const number = (v) => (v === undefined ? null : Number(v));

// legend puts a series' labels into a target's legend.
const legend = (format, labels) => format.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, l) => labels[l] ?? '');

const legendLabels = ({legendFormat = ''}) => [...legendFormat.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, l]) => l);

// imagined is one series of a target that had nothing to show: its labels' values are their
// names.
const imagined = (target) => [{metric: Object.fromEntries(legendLabels(target).map((l) => [l, l])), values: []}];

// The values of labels that an hour may lack.
const values = {level: ['debug', 'info', 'warn', 'error']};

// closed makes an empty frame for each series that a panel may show by such a label.
export const closed = (panel) => panel.targets.flatMap((target) => legendLabels(target)
  .flatMap((l) => series(target, (values[l] ?? []).map((v) => ({metric: {[l]: v}, values: []})))));

// series makes a frame for each series of a matrix, or for each of a vector.
function series(target, result) {
  return result.map(({metric, value, values = [value]}) => new MutableDataFrame({
    refId: target.refId,
    fields: [
      time(values.map(([t]) => t * 1000)),
      {
        name: 'Value', type: FieldType.number, labels: metric, values: values.map(([, v]) => number(v)),
        config: target.legendFormat ? {displayNameFromDS: legend(target.legendFormat, metric)} : {},
      },
    ],
  }));
}

// table makes one frame of all series: the time, a column for each label, and the value, which
// carries the target's letter where there are several.
function table(target, result, value) {
  const points = result.flatMap(({metric, value: v, values = [v]}) => values.map(([t, n]) => ({metric, t: t * 1000, n: number(n)})));
  const labels = [...new Set(result.flatMap(({metric}) => Object.keys(metric).sort()))];
  return new MutableDataFrame({
    refId: target.refId,
    fields: [
      time(points.map((p) => p.t)),
      ...labels.map((l) => ({name: l, type: FieldType.string, config: {}, values: points.map((p) => p.metric[l] ?? '')})),
      {name: value, type: FieldType.number, config: {}, values: points.map((p) => p.n)},
    ],
  });
}

// columns makes a frame of a statement's rows.
function columns(target, {columns: names, result}) {
  const typed = (values) => {
    if (values.every((v) => typeof v === 'number')) return {type: FieldType.number, values};
    if (values.every((v) => /^\d{4}-\d\d-\d\dT/.test(v))) return {type: FieldType.time, values: values.map((v) => Date.parse(v))};
    return {type: FieldType.string, values};
  };
  return new MutableDataFrame({refId: target.refId, fields: names.map((name, i) => ({name, config: {}, ...typed(result.map((row) => row[i]))}))});
}

// lines makes a frame of log lines.
const lines = (target, result) => new MutableDataFrame({
  refId: target.refId,
  fields: [
    {name: 'labels', type: FieldType.other, config: {}, values: result.flatMap((s) => s.values.map(() => s.stream))},
    time(result.flatMap((s) => s.values.map(([ns]) => ns / 1e6))),
    {name: 'Line', type: FieldType.string, config: {}, values: result.flatMap((s) => s.values.map(([, line]) => line))},
  ],
});

// frames makes the frames of a panel. answers are what the servers said, by refId. A target
// that had nothing to show stands for one series without points, unless it is a table's.
export function frames(panel, answers) {
  const tables = panel.targets.filter((t) => t.format === 'table').length;
  return panel.targets.flatMap((target) => {
    const data = answers.get(target.refId);
    if (data?.resultType === 'table') return [columns(target, data)];
    if (data?.resultType === 'streams' || panel.type === 'logs') return [lines(target, data?.result ?? [])];
    if (target.format === 'table') return [table(target, data?.result ?? [], tables > 1 ? `Value #${target.refId}` : 'Value')];
    return series(target, data?.result.length ? data.result : imagined(target));
  });
}
